package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.GivingBack;
import dev.holdfast.store.transition.GivingBack.Unmade;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Undoes claims whose commit was reported as failed but is in the database, now or only after a
 * while: nobody makes those calls, so they neither take a slot nor count as made.
 */
final class PostgresGivingBack {
    private PostgresGivingBack() {}

    private record Attempt(long id, long job, String upstream, int queue, Unmade call) {}

    /**
     * Compares what is in flight in the database with what was handed out: gives back this
     * replica's attempts that were not, and forgets of {@code handedOut} what is not in flight any
     * more. On the thread that claims, between its transactions.
     *
     * @return how many were given back
     */
    static int run(PostgresTransaction tx, Set<Long> handedOut) throws SQLException {
        List<Attempt> inFlight =
                tx.sql.list(
                        PostgresSql.OWN_IN_FLIGHT,
                        row ->
                                new Attempt(
                                        row.getLong(1),
                                        row.getLong(2),
                                        Session.text(row, 3),
                                        row.getInt(4),
                                        new Unmade(row.getLong(5), Session.intOrNull(row, 6))),
                        tx.owner);
        handedOut.retainAll(
                inFlight.stream().map(Attempt::id).collect(Collectors.toCollection(HashSet::new)));
        List<Attempt> lost =
                inFlight.stream().filter(attempt -> !handedOut.contains(attempt.id())).toList();
        tx.lock(lost.stream().map(Attempt::upstream).distinct().toList());
        int given = 0;
        for (Attempt attempt : lost) {
            if (tx.sql.update(PostgresSql.DELETE_ATTEMPT, attempt.id()) == 0) {
                continue;
            }
            tx.sql.update(LedgerSql.DELETE_CHARGES, attempt.id());
            tx.sql.update(PostgresSql.UNDO_RUN_JOB, tx.now(), attempt.job());
            Job job = Ends.job(tx, attempt.job());
            Queue queue = tx.queue(attempt.queue());
            queue.back(job, tx.undo);
            GivingBack.unmade(tx, queue, attempt.call());
            tx.changed(job);
            given++;
        }
        return given;
    }
}
