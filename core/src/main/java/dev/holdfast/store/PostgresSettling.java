package dev.holdfast.store;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Status;
import dev.holdfast.store.Ends.Ended;
import dev.holdfast.store.Ends.JobEnd;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Writes {@link Store#settle} and reads {@link Store#orphans}. */
final class PostgresSettling {
    /** Orphans given at once; the others follow with the next look. */
    private static final int MAX_ORPHANS = 512;

    private static final Settled STALE = new Settled(false, null, null, List.of());

    private final PostgresEnds ends;

    PostgresSettling(PostgresEnds ends) {
        this.ends = ends;
    }

    Settled settle(PostgresTransaction tx, Settlement settlement) throws SQLException {
        ClaimedJob claimed = settlement.job();
        long now = tx.now();
        int settled =
                tx.sql.update(
                        PostgresSql.SETTLE_ATTEMPT,
                        now,
                        settlement.outcome(),
                        settlement.status(),
                        Micros.of(settlement.latency()),
                        claimed.attempt(),
                        claimed.job());
        tx.settled.add(claimed.attempt());
        if (settled == 0) {
            return STALE;
        }
        Job job = PostgresEnds.job(tx, claimed.job());
        if (job.status() != Status.RUNNING) {
            throw new SQLException("job " + job.id() + " has an attempt but does not run");
        }
        return switch (settlement.decision()) {
            case Decision.Succeed succeed ->
                    ended(
                            tx,
                            job,
                            new JobEnd(
                                    Status.SUCCEEDED,
                                    succeed.result(),
                                    null,
                                    settlement.status(),
                                    0));
            case Decision.Fail fail ->
                    ended(
                            tx,
                            job,
                            new JobEnd(
                                    Status.FAILED, null, fail.failure(), settlement.status(), 0));
            case Decision.Retry retry -> again(tx, job, settlement, retry, now);
        };
    }

    /** Attempts in flight whose owners' leases have run out. */
    static List<ClaimedJob> orphans(PostgresTransaction tx, long aliveSince) throws SQLException {
        record InFlight(long attempt, long job, int number) {}
        List<InFlight> inFlight =
                tx.sql.list(
                        PostgresSql.ORPHANS,
                        row -> new InFlight(row.getLong(1), row.getLong(2), row.getInt(3)),
                        tx.owner,
                        aliveSince,
                        MAX_ORPHANS);
        List<ClaimedJob> orphans = new ArrayList<>();
        for (InFlight attempt : inFlight) {
            Job job = PostgresEnds.job(tx, attempt.job());
            String upstream = upstream(tx, job.upstream());
            orphans.add(
                    PostgresClaiming.claimed(
                            upstream, job, attempt.attempt(), attempt.number(), tx.now()));
        }
        return orphans;
    }

    private static String upstream(PostgresTransaction tx, int id) throws SQLException {
        String name =
                tx.sql.first(
                        PostgresSql.UPSTREAM_NAMES,
                        row -> row.getString(2),
                        PostgresDatabase.ints(List.of(id)));
        if (name == null) {
            throw new SQLException("upstream " + id + " is missing", "XX000");
        }
        return name;
    }

    private Settled ended(PostgresTransaction tx, Job job, JobEnd end) throws SQLException {
        Ended ended = ends.endJob(tx, job, end, true);
        return new Settled(
                true,
                Instant.ofEpochMilli(ended.finishedMillis()),
                Micros.instantOrNull(ended.cachedUntil()),
                ended.deliveries());
    }

    private Settled again(
            PostgresTransaction tx, Job job, Settlement settlement, Decision.Retry retry, long now)
            throws SQLException {
        PostgresQueue queue = tx.queue(job.upstream());
        Duration close = retry.closeUpstream();
        if (close != null) {
            queue.close(now + Micros.of(close));
        }
        if (job.interest() == 0) {
            return ended(tx, job, JobEnd.unwanted(Status.CANCELLED));
        }
        long turn = queue.retries.next(job.client());
        tx.sql.update(
                PostgresSql.RETRY_JOB,
                now + Micros.of(retry.after()),
                turn,
                retry.charged() ? 1 : 0,
                settlement.status(),
                job.id());
        queue.running(-1);
        tx.changed(queue.id, job.id());
        queue.retries.add(job.client(), turn, tx.undo);
        return new Settled(true, null, null, List.of());
    }
}
