/**
 * The store that replicas share: {@link dev.holdfast.store.postgresql.PostgresStore} is its door.
 * An upstream's row is its lock, leases tell who lives ({@link
 * dev.holdfast.store.postgresql.PostgresPresence}), time is the database's. Knows nothing of
 * SQLite.
 */
@NullMarked
package dev.holdfast.store.postgresql;

import org.jspecify.annotations.NullMarked;
