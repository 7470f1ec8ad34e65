package dev.holdfast.engine;

import dev.holdfast.engine.credential.Pools;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Pool;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * When results can be expected: from the quota, the slots taken, the queue, the calls that may be
 * under way at once, and the success rate and latency seen. Pure.
 *
 * @param units the quotas in other units than calls
 * @param pools what the upstream's credentials allow beside the quota, where it has several
 * @param concurrency calls under way at once
 * @param state the upstream at the last claim
 * @param successRate share of calls that were the last one their job needed
 * @param latency of a call
 * @param own of the partition alone whose jobs it is of, where its upstream has some; else null
 */
record Estimate(
        Quota quota,
        Map<String, Unit> units,
        Pools pools,
        int concurrency,
        RetryPolicy retry,
        UpstreamState state,
        double successRate,
        Duration latency,
        @Nullable InPartition own) {
    /**
     * Of a partition.
     *
     * @param alone as if there was nothing but this partition
     * @param among how many partitions have turns, at least 1
     */
    record InPartition(Estimate alone, int among) {}

    /** Of an upstream's calls, whosever they are. */
    Estimate(
            Quota quota,
            Map<String, Unit> units,
            Pools pools,
            int concurrency,
            RetryPolicy retry,
            UpstreamState state,
            double successRate,
            Duration latency) {
        this(quota, units, pools, concurrency, retry, state, successRate, latency, null);
    }

    /** The same for the jobs of one of its partitions: a call waits for both. */
    Estimate in(Partitions.Seen partition) {
        Map<String, Unit> its = new HashMap<>();
        partition
                .rules()
                .units()
                .forEach(
                        (unit, allowed) -> {
                            Unit known = units.get(unit);
                            its.put(unit, new Unit(allowed, known == null ? 1 : known.cost()));
                        });
        UpstreamState alone =
                new UpstreamState(
                        partition.slots(),
                        partition.units(),
                        partition.firstTries(),
                        partition.retries(),
                        0,
                        partition.closedUntil(),
                        partition.unauthorizedSince(),
                        null,
                        partition.own().paused());
        return new Estimate(
                quota,
                units,
                pools,
                concurrency,
                retry,
                state,
                successRate,
                latency,
                new InPartition(
                        new Estimate(
                                partition.rules().quota(),
                                its,
                                partition.concurrency(),
                                retry,
                                alone,
                                successRate,
                                latency),
                        Math.max(1, partition.among())));
    }

    /** What may block its jobs: the upstream as it stands, and their partition, if it is known. */
    Stream<UpstreamState> standing() {
        return own == null ? Stream.of(state) : Stream.of(state, own.alone().state());
    }

    /** Whether an operator stopped the upstream or the partition. */
    boolean paused() {
        return standing().anyMatch(UpstreamState::paused);
    }

    /** Of an upstream that has but one credential. */
    Estimate(
            Quota quota,
            Map<String, Unit> units,
            int concurrency,
            RetryPolicy retry,
            UpstreamState state,
            double successRate,
            Duration latency) {
        this(quota, units, Pools.NONE, concurrency, retry, state, successRate, latency);
    }

    /**
     * A quota in another unit than calls.
     *
     * @param cost what a call takes on average, at least 1
     */
    record Unit(Quota quota, double cost) {}

    /** Below this success rate an estimate would run away; a call is never worth less. */
    private static final double LEAST_SUCCESS = 0.02;

    /** Nothing is told to be farther away. */
    private static final Duration FAR = Duration.ofDays(365);

    /** More of a unit than this is as far away. */
    private static final long MOST_AMOUNT = 1L << 40;

    /** Of five slots due retries get one at least. */
    private static final int RETRY_SHARE = 5;

    /** The position of one more job of a class. */
    long last(Priority priority) {
        if (own != null) {
            return own.alone().last(priority);
        }
        ByPriority waiting = state.firstTries();
        return waiting.place(priority, waiting.of(priority) + 1);
    }

    /** When a call may leave that costs nothing of other units. */
    Instant firstSlot(Instant now) {
        return slot(1, closedUntil(now));
    }

    private Instant slot(long place, Instant start) {
        Instant slot = quota.forecast(state.slots(), place, latency, start);
        return pools.calls().isNone()
                ? slot
                : later(slot, pools.calls().forecast(place, latency, start));
    }

    /** When the first call of the job at this position leaves at the earliest. */
    Instant firstCall(long position, Instant now) {
        Instant first = firstOfAll(position, now);
        return own == null ? first : later(first, own.alone().firstCall(position, now));
    }

    private Instant firstOfAll(long position, Instant now) {
        Instant start = closedUntil(now);
        long place = Math.max(1, position);
        Instant latest = slot(place, start);
        for (Map.Entry<String, Unit> each : units.entrySet()) {
            Occupancy slots = state.units().getOrDefault(each.getKey(), Occupancy.EMPTY);
            Unit unit = each.getValue();
            long amount = Math.min(MOST_AMOUNT, (long) Math.ceil(place * unit.cost()));
            latest = later(latest, unit.quota().forecast(slots, amount, latency, start));
            Pool pool = pools.units().get(each.getKey());
            latest = pool == null ? latest : later(latest, pool.forecast(amount, latency, start));
        }
        return latest;
    }

    /**
     * When the call at this position leaves, if calls take as long as those before; what is refused
     * or not waited for does not hang on that.
     */
    private Instant expectedCall(long position, Instant now) {
        long ahead = Math.max(1, position);
        long turns = (state.slots().inFlight() + ahead - 1) / concurrency;
        Instant place = closedUntil(now).plusNanos(saturated(latency.toNanos(), turns));
        Instant slot = firstOfAll(ahead, now);
        return slot.isAfter(place) ? slot : place;
    }

    /** When the job at this position of the queue is done, as far as one can tell. */
    Instant done(long position, Instant now) {
        return own == null
                ? doneOfAll(position, now)
                : later(doneOfAll(amongAll(position), now), own.alone().done(position, now));
    }

    /** Where the partitions' turns put who is at this position in one of them. */
    private long amongAll(long position) {
        long turns = Math.max(1, position) * (own == null ? 1 : own.among());
        return Math.max(position, Math.min(state.queued(), turns));
    }

    private Instant doneOfAll(long position, Instant now) {
        long ahead = Math.max(1, position);
        long shared = ahead + Math.min(state.retrying(), ahead / (RETRY_SHARE - 1));
        Instant first = expectedCall(shared, now).plus(latency);
        if (successRate >= 1) {
            return first;
        }
        double failing = 1 - successRate;
        long again = shared + state.retrying() + Math.round(failing * (ahead + state.queued()));
        Instant retried = expectedCall(again, now).plus(latency);
        Instant backedOff = first.plus(retry.first());
        Instant later = retried.isAfter(backedOff) ? retried : backedOff;
        return first.plus(scaled(Duration.between(first, later), expectedRetries(failing)));
    }

    /** When a retry of a class that is due at {@code due} is done. */
    Instant retried(Priority priority, Instant due, Instant now) {
        long ahead = 1 + state.retries().of(priority) / 2;
        long place = state.firstTries().of(priority) > 0 ? ahead * RETRY_SHARE : ahead;
        Instant slot = firstOfAll(waiting().place(priority, place), now);
        Instant done = later(slot, due).plus(latency);
        return own == null ? done : later(done, own.alone().retried(priority, due, now));
    }

    /** How long until the whole backlog is done. */
    Duration drain(Instant now) {
        return drain(state.queued() + state.retrying(), now);
    }

    /** How long until all of a class is done. */
    Duration drain(Priority priority, Instant now) {
        long its = waiting().of(priority);
        return drain(its == 0 ? 0 : waiting().place(priority, its), now);
    }

    private Duration drain(long jobs, Instant now) {
        if (jobs == 0) {
            return Duration.ZERO;
        }
        long calls = Math.round(jobs / Math.max(LEAST_SUCCESS, successRate));
        return Duration.between(now, expectedCall(calls, now).plus(latency));
    }

    /** All that wait for a call. */
    private ByPriority waiting() {
        return ByPriority.of(each -> state.firstTries().of(each) + state.retries().of(each));
    }

    /** Whether a call could leave now if there was work. */
    boolean open(Instant now) {
        return !state.paused()
                && state.absence() == null
                && !closedUntil(now).isAfter(now)
                && verdict(now) instanceof Verdict.Granted;
    }

    /** What the ledgers of the upstream's calls say, and those of its credentials. */
    Verdict verdict(Instant now) {
        Verdict slots = quota.verdict(state.slots(), now);
        return pools.calls().isNone()
                ? slots
                : slots.and(pools.calls().verdict(now, state.slots().inFlight() > 0));
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private Instant closedUntil(Instant now) {
        Instant closed = state.leftAloneUntil();
        return closed != null && closed.isAfter(now) ? closed : now;
    }

    private static long saturated(long nanos, long times) {
        return nanos > 0 && times > FAR.toNanos() / nanos ? FAR.toNanos() : nanos * times;
    }

    private double expectedRetries(double failing) {
        double most = retry.maxAttempts() > 0 ? retry.maxAttempts() - 1 : 1 / LEAST_SUCCESS;
        return Math.min(most, failing / Math.max(LEAST_SUCCESS, 1 - failing));
    }

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofMillis(Math.round(duration.toMillis() * factor));
    }
}
