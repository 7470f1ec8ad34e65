package dev.holdfast.store;

import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Forgets what is old, in small steps between other writes, on one replica at a time: finished
 * requests with their webhooks after the retention, results when they serve no more as cache,
 * settled calls when no quota counts them, Idempotency-Keys after a day.
 */
final class PostgresPruning {
    /** Jobs looked at in one step; a step takes a few milliseconds. */
    private static final int JOBS_AT_ONCE = 64;

    /** Requests of one job deleted in one step. */
    private static final int REQUESTS_AT_ONCE = 256;

    private static final int KEYS_AT_ONCE = 256;

    /** When to look again at what cannot go yet, in microseconds. */
    private static final long LOOK_AGAIN = TimeUnit.MINUTES.toMicros(10);

    private final StoreOptions options;

    PostgresPruning(StoreOptions options) {
        this.options = options;
    }

    private record Old(int client, UUID id, long finishedMillis, boolean delivering) {}

    private record Prunable(long job, String upstream) {}

    /** One step; true if there may be more to do at once. */
    boolean step(PostgresTransaction tx, long now) throws SQLException {
        if (tx.sql.number(PostgresSql.MAY_PRUNE) == 0) {
            return false;
        }
        boolean more = false;
        for (Map.Entry<String, Long> bound : options.cacheEntries().entrySet()) {
            more |= evict(tx, bound.getKey(), bound.getValue(), now);
        }
        List<Prunable> jobs =
                tx.sql.list(
                        PostgresSql.PRUNABLE,
                        row -> new Prunable(row.getLong(1), row.getString(2)),
                        now,
                        JOBS_AT_ONCE);
        tx.lock(jobs.stream().map(Prunable::upstream).distinct().toList());
        for (Prunable job : jobs) {
            prune(tx, PostgresEnds.job(tx, job.job()));
        }
        int keys = tx.sql.update(PostgresSql.DELETE_IDEMPOTENCY, now, KEYS_AT_ONCE);
        return more || jobs.size() == JOBS_AT_ONCE || keys == KEYS_AT_ONCE;
    }

    private static boolean evict(PostgresTransaction tx, String route, long bound, long now)
            throws SQLException {
        long excess = tx.sql.number(PostgresSql.COUNT_RESULTS, route) - bound;
        if (excess <= 0) {
            return false;
        }
        long most = Math.min(excess, JOBS_AT_ONCE);
        return tx.sql.update(PostgresSql.EVICT_RESULTS, now, route, most) < excess;
    }

    private void prune(PostgresTransaction tx, Job job) throws SQLException {
        List<Old> requests =
                tx.sql.list(
                        PostgresSql.OLD_REQUESTS,
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
                tx.sql.update(PostgresSql.DELETE_TRIES, request.client(), request.id());
                tx.sql.update(PostgresSql.DELETE_DELIVERIES, request.client(), request.id());
                tx.sql.update(PostgresSql.DELETE_REQUEST, request.client(), request.id());
            }
        }
        long keep = allGone ? neededUntil(tx, job) : tx.now() + LOOK_AGAIN;
        if (keep > tx.now()) {
            tx.sql.update(PostgresSql.PRUNE_LATER, keep, job.id());
        } else {
            tx.sql.update(PostgresSql.DELETE_ATTEMPTS, job.id());
            tx.sql.update(PostgresSql.DELETE_JOB, job.id());
        }
    }

    /** How long the job's result and calls are needed without requests. */
    private long neededUntil(PostgresTransaction tx, Job job) throws SQLException {
        Long cachedUntil = job.cachedUntil();
        long ledger =
                tx.sql.number(PostgresSql.LAST_SETTLED_OF_JOB, job.id())
                        + Micros.of(options.ledger());
        return Math.max(cachedUntil == null ? 0 : cachedUntil, ledger);
    }
}
