/**
 * An upstream's partitions over HTTP. Start reading at {@link
 * dev.holdfast.gateway.partition.PartitionDoors}.
 */
@NullMarked
package dev.holdfast.gateway.partition;

import org.jspecify.annotations.NullMarked;
