package dev.holdfast.store;

import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Forgets what is old, in small steps between other writes: finished requests with their webhooks
 * after the retention, results when they serve no more as cache, settled calls when no quota counts
 * them, Idempotency-Keys after a day.
 */
final class Pruning {
    /** Jobs looked at in one step; a step takes a few milliseconds. */
    static final int JOBS_AT_ONCE = 64;

    /** Requests of one job deleted in one step. */
    private static final int REQUESTS_AT_ONCE = 256;

    private static final int KEYS_AT_ONCE = 256;

    /** When to look again at what cannot go yet, in microseconds. */
    private static final long LOOK_AGAIN = TimeUnit.MINUTES.toMicros(10);

    private final StoreOptions options;

    Pruning(StoreOptions options) {
        this.options = options;
    }

    private record Old(int client, UUID id, long finishedMillis, boolean delivering) {}

    /** Forgets jobs with all that hangs on them, as far as their time is over. */
    void prune(Transaction tx, List<Long> jobs) throws SQLException {
        for (long job : jobs) {
            prune(tx, Ends.job(tx, job), tx.now());
        }
    }

    /**
     * Forgets Idempotency-Keys.
     *
     * @return whether there may be more
     */
    static boolean pruneKeys(Transaction tx, long now) throws SQLException {
        return tx.sql.update(CommonSql.DELETE_IDEMPOTENCY, now, KEYS_AT_ONCE) == KEYS_AT_ONCE;
    }

    private void prune(Transaction tx, Job job, long now) throws SQLException {
        List<Old> requests =
                tx.sql.list(
                        CommonSql.OLD_REQUESTS,
                        row ->
                                new Old(
                                        row.getInt(1),
                                        Session.uuid(row, 2),
                                        row.getLong(3),
                                        row.getBoolean(4)),
                        job.id(),
                        REQUESTS_AT_ONCE);
        long horizon = tx.wall() - options.retention().toMillis();
        boolean allGone = requests.size() < REQUESTS_AT_ONCE;
        for (Old request : requests) {
            long done =
                    Math.max(request.finishedMillis(), UuidBytes.time(request.id()).toEpochMilli());
            if (request.delivering() || done > horizon) {
                allGone = false;
            } else {
                tx.sql.update(CommonSql.DELETE_TRIES, request.client(), request.id());
                tx.sql.update(CommonSql.DELETE_DELIVERIES, request.client(), request.id());
                tx.sql.update(CommonSql.DELETE_REQUEST, request.client(), request.id());
            }
        }
        long keep = allGone ? neededUntil(tx, job) : now + LOOK_AGAIN;
        if (keep > now) {
            tx.sql.update(CommonSql.PRUNE_LATER, keep, job.id());
        } else {
            tx.sql.update(CommonSql.DELETE_ATTEMPTS, job.id());
            tx.sql.update(CommonSql.DELETE_JOB, job.id());
            tx.forgotten(job);
        }
    }

    /** How long the job's result and calls are needed without requests. */
    private long neededUntil(Transaction tx, Job job) throws SQLException {
        Long cachedUntil = job.cachedUntil();
        long ledger =
                tx.sql.number(CommonSql.LAST_SETTLED_OF_JOB, job.id())
                        + Micros.of(options.ledger());
        return Math.max(cachedUntil == null ? 0 : cachedUntil, ledger);
    }
}
