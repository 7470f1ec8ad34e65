/**
 * What is old is forgotten in small steps between other writes: {@link
 * dev.holdfast.store.transition.pruning.Pruning} the requests and their jobs, {@link
 * dev.holdfast.store.transition.pruning.LedgerPruning} what calls used, both at {@link
 * dev.holdfast.store.transition.pruning.PruningPace}. Start with the first.
 */
@NullMarked
package dev.holdfast.store.transition.pruning;

import org.jspecify.annotations.NullMarked;
