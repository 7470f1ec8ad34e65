/**
 * {@code holdfast batch}: a file of asks through a running gateway. Start reading at {@link
 * dev.holdfast.app.batch.BatchCommand}.
 */
@NullMarked
package dev.holdfast.app.batch;

import org.jspecify.annotations.NullMarked;
