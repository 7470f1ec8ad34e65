package dev.holdfast.store;

import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
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

    private record Kept(long job, long keyHigh) {}

    /** One step; true if there may be more to do at once. */
    boolean step(Transaction tx) throws SQLException {
        boolean more = false;
        for (Map.Entry<String, Long> bound : options.cacheEntries().entrySet()) {
            more |= evict(tx, bound.getKey(), bound.getValue());
        }
        long now = tx.now();
        List<Long> jobs = tx.sql.list(SqliteSql.PRUNABLE, row -> row.getLong(1), now, JOBS_AT_ONCE);
        for (long job : jobs) {
            prune(tx, Ends.job(tx, job), now);
        }
        int keys = tx.sql.update(SqliteSql.DELETE_IDEMPOTENCY, now, KEYS_AT_ONCE);
        return more || jobs.size() == JOBS_AT_ONCE || keys == KEYS_AT_ONCE;
    }

    private static boolean evict(Transaction tx, String route, long bound) throws SQLException {
        long excess = tx.backlog.cached(route) - bound;
        if (excess <= 0) {
            return false;
        }
        List<Kept> oldest =
                tx.sql.list(
                        SqliteSql.OLDEST_RESULTS,
                        row -> new Kept(row.getLong(1), row.getLong(2)),
                        route,
                        Math.min(excess, JOBS_AT_ONCE));
        for (Kept kept : oldest) {
            tx.sql.update(SqliteSql.EVICT_RESULT, tx.now(), kept.job());
            tx.backlog.removeJob(kept.keyHigh(), kept.job(), tx.undo);
            tx.backlog.cached(route, -1, tx.undo);
        }
        return excess > oldest.size();
    }

    private void prune(Transaction tx, Job job, long now) throws SQLException {
        List<Old> requests =
                tx.sql.list(
                        SqliteSql.OLD_REQUESTS,
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
                tx.sql.update(SqliteSql.DELETE_TRIES, request.client(), request.id());
                tx.sql.update(SqliteSql.DELETE_DELIVERIES, request.client(), request.id());
                tx.sql.update(SqliteSql.DELETE_REQUEST, request.client(), request.id());
            }
        }
        long keep = allGone ? neededUntil(tx, job) : now + LOOK_AGAIN;
        if (keep > now) {
            tx.sql.update(SqliteSql.PRUNE_LATER, keep, job.id());
        } else {
            delete(tx, job);
        }
    }

    /** How long the job's result and calls are needed without requests. */
    private long neededUntil(Transaction tx, Job job) throws SQLException {
        Long cachedUntil = job.cachedUntil();
        long ledger =
                tx.sql.number(SqliteSql.LAST_SETTLED_OF_JOB, job.id())
                        + Micros.of(options.ledger());
        return Math.max(cachedUntil == null ? 0 : cachedUntil, ledger);
    }

    private static void delete(Transaction tx, Job job) throws SQLException {
        tx.sql.update(SqliteSql.DELETE_ATTEMPTS, job.id());
        tx.sql.update(SqliteSql.DELETE_JOB, job.id());
        tx.backlog.removeJob(job.keyHigh(), job.id(), tx.undo);
        if (job.cachedUntil() != null) {
            tx.backlog.cached(job.route(), -1, tx.undo);
        }
    }
}
