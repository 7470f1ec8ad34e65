/**
 * When to try again and when to leave somebody alone: values without a clock or a thread of their
 * own.
 */
@NullMarked
package dev.holdfast.pace;

import org.jspecify.annotations.NullMarked;
