package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How a store keeps things.
 *
 * @param retention how long a finished request can be looked up, by its end
 * @param ledger how long settled calls are remembered at least: the longest window of any quota
 * @param cacheEntries results kept at most, by route; a route that is missing has no bound
 * @param deliveryLease how long a delivery that was handed over is out of others' reach
 * @param maxKeptBytes large bodies and answers that are kept at most, in bytes, of all clients
 *     together
 * @param maxClientKeptBytes the same of one client
 * @param toldAtOnce requests that are told in one transaction that their job has ended; the others
 *     follow in the next ones
 * @param durable whether a write waits for the disk; false only in simulations, where a crash is
 *     the process's and not the machine's
 */
public record StoreOptions(
        Retention retention,
        Duration ledger,
        Map<String, Long> cacheEntries,
        Duration deliveryLease,
        long maxKeptBytes,
        long maxClientKeptBytes,
        int toldAtOnce,
        boolean durable) {
    /**
     * Deliveries handed over at once when a job ends; the others are due, and claimed together.
     * Each is written and read by itself, on PostgreSQL in two ways to the server and back.
     */
    public static final int MAX_HANDED_OVER = 32;

    /** How long an Idempotency-Key is remembered, whatever the retention is. */
    public static final Duration IDEMPOTENCY = Duration.ofHours(24);

    /** Large bodies and answers that are kept at most, where nothing else is said: 40 GiB. */
    public static final long USUAL_MAX_KEPT_BYTES = 40L << 30;

    /** The same of one client: 10 GiB. */
    public static final long USUAL_MAX_CLIENT_KEPT_BYTES = 10L << 30;

    /**
     * Requests told in one transaction that their job has ended; it takes some 10 ms, on PostgreSQL
     * some 40.
     */
    public static final int USUAL_TOLD_AT_ONCE = 256;

    /** Finished requests are kept a week, deliveries handed over for a minute. */
    public static final StoreOptions DEFAULT =
            new StoreOptions(
                    Retention.same(Duration.ofDays(7)),
                    Duration.ofDays(1),
                    Map.of(),
                    Duration.ofMinutes(1),
                    USUAL_MAX_KEPT_BYTES,
                    USUAL_MAX_CLIENT_KEPT_BYTES,
                    USUAL_TOLD_AT_ONCE,
                    true);

    public StoreOptions {
        cacheEntries = Map.copyOf(cacheEntries);
        if (maxKeptBytes < 1 || maxClientKeptBytes < 1) {
            throw new IllegalArgumentException("something can be kept");
        }
        if (toldAtOnce < 1) {
            throw new IllegalArgumentException("somebody is told");
        }
    }

    /** These options with the bounds of an application's routes and quotas. */
    public StoreOptions with(Duration kept, Duration ledger, Map<String, Long> cacheEntries) {
        return new StoreOptions(
                Retention.same(kept),
                ledger,
                cacheEntries,
                deliveryLease,
                maxKeptBytes,
                maxClientKeptBytes,
                toldAtOnce,
                durable);
    }

    /** These options with requests kept as long as their end says. */
    public StoreOptions keeping(Retention ends) {
        return new StoreOptions(
                ends,
                ledger,
                cacheEntries,
                deliveryLease,
                maxKeptBytes,
                maxClientKeptBytes,
                toldAtOnce,
                durable);
    }

    /** These options with other bounds on what is kept, in bytes. */
    public StoreOptions keeping(long all, long client) {
        return new StoreOptions(
                retention, ledger, cacheEntries, deliveryLease, all, client, toldAtOnce, durable);
    }

    /** These options with so many told at once that their job has ended. */
    public StoreOptions telling(int atOnce) {
        return new StoreOptions(
                retention,
                ledger,
                cacheEntries,
                deliveryLease,
                maxKeptBytes,
                maxClientKeptBytes,
                atOnce,
                durable);
    }

    /** These options without waiting for the disk. */
    public StoreOptions withoutDisk() {
        return new StoreOptions(
                retention,
                ledger,
                cacheEntries,
                deliveryLease,
                maxKeptBytes,
                maxClientKeptBytes,
                toldAtOnce,
                false);
    }

    /** How long requests are kept after each end. */
    public record Retention(
            Duration succeeded, Duration failed, Duration expired, Duration cancelled) {
        /** As long whatever became of them. */
        public static Retention same(Duration all) {
            return new Retention(all, all, all, all);
        }

        /** After this end. */
        public Duration of(Status end) {
            return switch (end) {
                case SUCCEEDED -> succeeded;
                case FAILED -> failed;
                case EXPIRED -> expired;
                case CANCELLED -> cancelled;
                case SCHEDULED, QUEUED, RUNNING, RETRYING ->
                        throw new IllegalArgumentException(end + " is no end");
            };
        }

        /** After the end that is remembered for longest. */
        public Duration longest() {
            return Stream.of(succeeded, failed, expired, cancelled)
                    .max(Duration::compareTo)
                    .orElseThrow();
        }
    }
}
