package dev.holdfast.store;

import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;

/**
 * Undoes claims whose commit was reported as failed but is in the database: nobody makes those
 * calls, so they neither take a slot nor count as made.
 */
final class PostgresGivingBack {
    private PostgresGivingBack() {}

    private record Attempt(long id, long job, String upstream) {}

    /**
     * Gives back this replica's attempts in flight, but for those that were handed out.
     *
     * @return how many
     */
    static int run(PostgresTransaction tx, Collection<Long> handedOut) throws SQLException {
        List<Attempt> lost =
                tx.sql.list(
                        PostgresSql.NEVER_HANDED_OUT,
                        row -> new Attempt(row.getLong(1), row.getLong(2), row.getString(3)),
                        tx.owner,
                        PostgresDatabase.longs(List.copyOf(handedOut)));
        tx.lock(lost.stream().map(Attempt::upstream).distinct().toList());
        int given = 0;
        for (Attempt attempt : lost) {
            if (tx.sql.update(PostgresSql.DELETE_ATTEMPT, attempt.id()) == 0) {
                continue;
            }
            tx.sql.update(PostgresSql.UNDO_RUN_JOB, tx.now(), attempt.job());
            Job job = Ends.job(tx, attempt.job());
            Queue queue = tx.queue(attempt.upstream());
            Lanes lanes = job.status() == Status.QUEUED ? queue.first : queue.retries;
            lanes.add(job.client(), job.turn(), tx.undo);
            queue.running(-1, tx.undo);
            tx.changed(job);
            given++;
        }
        return given;
    }
}
