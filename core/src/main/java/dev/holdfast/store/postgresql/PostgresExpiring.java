package dev.holdfast.store.postgresql;

import dev.holdfast.store.Expired;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Expiring;
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
        List<Expiring.Due> due = first(tx, Expiring.MAX_AT_ONCE);
        return expiring.end(tx, of(tx.locked.queues(), due));
    }

    /** Ends some of those of a locked queue beside a claim. */
    Expiring.Beside beside(PostgresTransaction tx, Queue queue) throws SQLException {
        List<Expiring.Due> due = first(tx, Expiring.MAX_BESIDE_CLAIM);
        return expiring.beside(tx, of(List.of(queue), due), due.size() < Expiring.MAX_BESIDE_CLAIM);
    }

    private static List<Expiring.Due> first(PostgresTransaction tx, int most) throws SQLException {
        return tx.sql.list(PostgresSql.EXPIRING, Expiring.Due::read, tx.now(), most);
    }

    private static List<Expiring.Due> of(Collection<Queue> queues, List<Expiring.Due> due) {
        return due.stream()
                .filter(each -> queues.stream().anyMatch(queue -> queue.id == each.upstream()))
                .toList();
    }
}
