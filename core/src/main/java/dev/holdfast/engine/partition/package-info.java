/**
 * An upstream's partitions as operators see and set them. Start reading at {@link
 * dev.holdfast.engine.partition.PartitionDesk}.
 */
@NullMarked
package dev.holdfast.engine.partition;

import org.jspecify.annotations.NullMarked;
