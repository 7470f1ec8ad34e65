package dev.holdfast.store.transition.pruning;

import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.RetentionSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets what is old, in small steps between other writes: finished requests with their webhooks
 * after the retention, results when they serve no more as cache, Idempotency-Keys after a day, and
 * no request before the key that leads to it. What calls used is {@link LedgerPruning}'s.
 */
public final class Pruning {
    /** Jobs looked at in one step at most. */
    public static final int MOST_JOBS = 64;

    /** Requests of one job deleted in one step. */
    private static final int REQUESTS_AT_ONCE = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Pruning.class);

    private static final int KEYS_AT_ONCE = 64;

    /** When to look again at what cannot go yet, in microseconds. */
    private static final long LOOK_AGAIN = TimeUnit.MINUTES.toMicros(10);

    private final StoreOptions options;

    public Pruning(StoreOptions options) {
        this.options = options;
    }

    /** A request by its row's key. */
    public record Old(int client, UUID id) {}

    /**
     * Something that can go.
     *
     * @param since when it could, in steady microseconds
     */
    public record Due<T>(T what, long since) {
        /** How long the first of these could have gone before, in microseconds. */
        public static <T> long late(List<Due<T>> due, long now) {
            return due.isEmpty() ? 0 : now - due.getFirst().since();
        }
    }

    /** Forgets requests whose own time is over, as far as nothing of them is still to be told. */
    public void pruneRequests(Transaction tx, List<Old> requests) throws SQLException {
        long now = tx.now();
        for (Old request : requests) {
            Long again =
                    tx.sql.first(
                            RetentionSql.OLD_REQUEST,
                            row -> lookAgain(row.getInt(1), Session.longOrNull(row, 2), now),
                            request.client(),
                            request.id(),
                            now);
            if (again == null) {
                continue;
            }
            if (again > now) {
                tx.sql.update(RetentionSql.PRUNE_REQUEST_AT, again, request.client(), request.id());
            } else {
                tx.sql.update(RetentionSql.DELETE_TRIES, request.client(), request.id());
                tx.sql.update(RetentionSql.DELETE_DELIVERIES, request.client(), request.id());
                tx.sql.update(RetentionSql.DELETE_TRIED, request.client(), request.id());
                tx.sql.update(RetentionSql.DELETE_REQUEST, request.client(), request.id());
            }
        }
    }

    /** What is still to be told stays, and what its Idempotency-Key leads to. */
    private static long lookAgain(int deliveries, @Nullable Long keyUntil, long now) {
        long key = keyUntil == null ? now : keyUntil;
        return deliveries > 0 ? Math.max(key, now + LOOK_AGAIN) : key;
    }

    /**
     * Forgets jobs with all that hangs on them, as far as their time is over.
     *
     * @return whether there is more to forget of one of them at once
     */
    public boolean prune(Transaction tx, List<Long> jobs) throws SQLException {
        boolean more = false;
        for (long job : jobs) {
            more |= prune(tx, Ends.job(tx, job), tx.now());
        }
        return more;
    }

    /**
     * Forgets Idempotency-Keys.
     *
     * @return whether there may be more keys
     */
    public static boolean pruneKeys(Transaction tx, long now) throws SQLException {
        return tx.sql.update(RetentionSql.DELETE_IDEMPOTENCY, now, KEYS_AT_ONCE) == KEYS_AT_ONCE;
    }

    /**
     * When a job ended.
     *
     * @param telling whether some who waited are still to be told
     */
    private record Ended(long millis, boolean telling) {}

    private boolean prune(Transaction tx, Job job, long now) throws SQLException {
        long horizon = tx.wall() - options.retention().of(job.status()).toMillis();
        Ended ended =
                tx.sql.first(
                        RetentionSql.FINISHED,
                        row -> new Ended(row.getLong(1), row.getBoolean(2)),
                        job.id());
        if (ended == null || ended.telling()) {
            later(tx, job, now + LOOK_AGAIN);
            return false;
        }
        long early = ended.millis() - horizon;
        if (early > 0) {
            // Its result makes room for others', but its requests are still to be looked up.
            later(tx, job, now + TimeUnit.MILLISECONDS.toMicros(early));
            return false;
        }
        List<Old> requests =
                tx.sql.list(
                        RetentionSql.REQUESTS_OF_JOB,
                        row -> new Old(row.getInt(1), Session.uuid(row, 2)),
                        job.id(),
                        REQUESTS_AT_ONCE);
        pruneRequests(tx, requests);
        if (requests.size() == REQUESTS_AT_ONCE) {
            return true;
        }
        long last = tx.sql.number(RetentionSql.LAST_REQUEST_OF_JOB, job.id());
        if (last > 0) {
            later(tx, job, Math.max(last, now + LOOK_AGAIN));
            return false;
        }
        Long cachedUntil = job.cachedUntil();
        if (cachedUntil != null && cachedUntil > now) {
            later(tx, job, cachedUntil);
        } else if (tx.sql.number(CommonSql.TRIED_OF_JOB, job.id()) > 0) {
            // A request that was retried tells its attempts as long as it is there.
            later(tx, job, now + LOOK_AGAIN);
        } else {
            if (job.costs() != null || job.partition() != null) {
                tx.sql.update(LedgerSql.DELETE_JOBS_CHARGES, job.id());
            }
            tx.sql.update(RetentionSql.DELETE_ATTEMPTS, job.id());
            StoredContents.release(tx, job.id());
            tx.sql.update(RetentionSql.DELETE_JOB, job.id());
            tx.forgotten(job);
        }
        return false;
    }

    /** Tells once when what is old cannot be forgotten, and once when it can again. */
    public static final class Log {
        private final AtomicBoolean failing = new AtomicBoolean();

        /** A step is over; answers whether it was done. */
        public boolean done(@Nullable Throwable failure) {
            if (failure != null) {
                if (!failing.getAndSet(true)) {
                    LOG.warn(
                            "what is old is not forgotten, and tried again: {}",
                            failure.getMessage());
                }
                return false;
            }
            if (failing.getAndSet(false)) {
                LOG.info("what is old is forgotten again");
            }
            return true;
        }
    }

    private static void later(Transaction tx, Job job, long at) throws SQLException {
        tx.sql.update(RetentionSql.PRUNE_LATER, at, job.id());
    }
}
