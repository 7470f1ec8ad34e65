package dev.holdfast.store.postgresql;

import dev.holdfast.store.Expired;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.RequestKey;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;

/** Writes {@link Store#expire} under the locks of the upstreams it concerns. */
final class PostgresExpiring {
    private final Expiring expiring;

    PostgresExpiring(Expiring expiring) {
        this.expiring = expiring;
    }

    /** Ends requests of any upstream whose expiry has come; locks what it needs. */
    Expired expire(PostgresTransaction tx, long now) throws SQLException {
        List<String> upstreams =
                tx.sql.list(
                        PostgresSql.EXPIRING_UPSTREAMS,
                        row -> Session.text(row, 1),
                        now,
                        Expiring.MAX_AT_ONCE);
        tx.lock(upstreams);
        return expireLocked(tx, tx.locked.queues(), true);
    }

    /**
     * Ends requests of these upstreams whose expiry has come.
     *
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    Expired expireLocked(PostgresTransaction tx, Collection<Queue> queues, boolean lease)
            throws SQLException {
        List<RequestKey> due =
                queues.isEmpty()
                        ? List.of()
                        : tx.sql.list(
                                PostgresSql.EXPIRING,
                                Expiring::due,
                                tx.now(),
                                PostgresDatabase.ints(queues.stream().map(q -> q.id).toList()),
                                Expiring.MAX_AT_ONCE);
        return expiring.end(tx, due, lease);
    }
}
