/**
 * Whose turn it is: an upstream's jobs by priority, in lanes of clients ({@link
 * dev.holdfast.store.queue.Queue}, {@link dev.holdfast.store.queue.Rank}, {@link
 * dev.holdfast.store.queue.Lanes}), how slots are shared ({@link
 * dev.holdfast.store.queue.Precedence}, {@link dev.holdfast.store.queue.FairTurns}, P6), and how to
 * take it back ({@link dev.holdfast.store.queue.Undo}). Memory only; knows no SQL.
 */
@NullMarked
package dev.holdfast.store.queue;

import org.jspecify.annotations.NullMarked;
