/**
 * What is done to many requests at once, step by step between everybody else's ({@link
 * dev.holdfast.bulk.OperationRunner}).
 */
@NullMarked
package dev.holdfast.bulk;

import org.jspecify.annotations.NullMarked;
