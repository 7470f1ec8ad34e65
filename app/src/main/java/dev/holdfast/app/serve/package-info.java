/**
 * Puts the parts together and takes them apart again: {@link dev.holdfast.app.serve.Serve} is the
 * one place that knows them all.
 */
@NullMarked
package dev.holdfast.app.serve;

import org.jspecify.annotations.NullMarked;
