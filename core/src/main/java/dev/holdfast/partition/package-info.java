/**
 * An upstream's partitions as operators see and set them: {@link
 * dev.holdfast.partition.Partitions}.
 */
@NullMarked
package dev.holdfast.partition;

import org.jspecify.annotations.NullMarked;
