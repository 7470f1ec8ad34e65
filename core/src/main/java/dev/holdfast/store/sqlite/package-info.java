/**
 * The store in one file of this machine: {@link dev.holdfast.store.sqlite.SqliteStore} is its door.
 * One thread writes, many writes share a sync ({@link dev.holdfast.store.sqlite.GroupCommit}), the
 * queues are mirrored in memory ({@link dev.holdfast.store.sqlite.Backlog}). Knows nothing of
 * PostgreSQL.
 */
@NullMarked
package dev.holdfast.store.sqlite;

import org.jspecify.annotations.NullMarked;
