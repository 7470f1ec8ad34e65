package dev.holdfast.store.transition;

import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Calls that a process left in flight when it died; nobody knows whether they were made. */
public final class Orphans {
    private Orphans() {}

    private record InFlight(long attempt, long job, int number, String upstream) {}

    /**
     * Reads them.
     *
     * @param query gives attempt, job, number and the upstream's name of each
     */
    public static List<ClaimedJob> read(Transaction tx, String query, Object... parameters)
            throws SQLException {
        List<InFlight> inFlight =
                tx.sql.list(
                        query,
                        row ->
                                new InFlight(
                                        row.getLong(1),
                                        row.getLong(2),
                                        row.getInt(3),
                                        Session.text(row, 4)),
                        parameters);
        List<ClaimedJob> orphans = new ArrayList<>();
        for (InFlight call : inFlight) {
            Job job = Ends.job(tx, call.job());
            orphans.add(
                    ClaimRules.claimed(
                            call.upstream(),
                            job,
                            call.attempt(),
                            call.number(),
                            false,
                            ClaimRules.Before.NONE,
                            tx.now()));
        }
        return orphans;
    }
}
