/**
 * Turns among an upstream's partitions: {@link
 * dev.holdfast.store.transition.partition.PartitionTurns} shares slots among those whose turn may
 * come, {@link dev.holdfast.store.transition.partition.Places} keeps the line of these. Start with
 * the first.
 */
@NullMarked
package dev.holdfast.store.transition.partition;

import org.jspecify.annotations.NullMarked;
