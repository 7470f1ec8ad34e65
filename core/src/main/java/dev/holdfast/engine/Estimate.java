package dev.holdfast.engine;

import dev.holdfast.engine.credential.Pools;
import dev.holdfast.pace.Failing;
import dev.holdfast.pace.Prospects;
import dev.holdfast.pace.Recovery;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * When results can be expected: from the quota, the slots taken, the queue, the calls that may be
 * under way at once, the latency seen, how many first calls fail and for how long failing goes on:
 * a job that failed once is more likely to fail again than another to fail at all. Pure.
 *
 * @param units the quotas in other units than calls
 * @param pools what the upstream's credentials allow beside the quota, where it has several
 * @param concurrency calls under way at once
 * @param state the upstream at the last claim
 * @param prospects what earlier calls tell
 * @param latency of a call
 * @param own of the partition alone whose jobs it is of, where its upstream has some; else null
 */
record Estimate(
        Quota quota,
        Map<String, Unit> units,
        Pools pools,
        int concurrency,
        UpstreamState state,
        Prospects prospects,
        Duration latency,
        @Nullable InPartition own) {
    /**
     * Of a partition.
     *
     * @param alone as if there was nothing but this partition
     * @param among how many partitions have turns, at least 1
     */
    record InPartition(Estimate alone, int among) {}

    Estimate {
        // Who leaves with none of several credentials does not wait for them where all are out.
        state = pools.calls().isNone() ? state.withoutCredentials() : state;
    }

    /** Of an upstream's calls, whosever they are. */
    Estimate(
            Quota quota,
            Map<String, Unit> units,
            Pools pools,
            int concurrency,
            UpstreamState state,
            Prospects prospects,
            Duration latency) {
        this(quota, units, pools, concurrency, state, prospects, latency, null);
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
                pools.with(partition.own().headers()),
                concurrency,
                state,
                prospects,
                latency,
                new InPartition(
                        new Estimate(
                                partition.rules().quota(),
                                its,
                                partition.concurrency(),
                                alone,
                                prospects,
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
            UpstreamState state,
            Prospects prospects,
            Duration latency) {
        this(quota, units, Pools.NONE, concurrency, state, prospects, latency);
    }

    /**
     * A quota in another unit than calls.
     *
     * @param cost what a call takes on average, at least 1
     */
    record Unit(Quota quota, double cost) {}

    /** Of jobs that fail, those that stand for all of them. */
    private static final int SAMPLE = 32;

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

    /**
     * When a route's job at this position of the queue is done, as far as one can tell: on average
     * of those whose first call is enough and those that go on failing.
     */
    Instant done(String route, long position, Instant now) {
        return own == null
                ? doneOfAll(route, position, now)
                : later(
                        doneOfAll(route, amongAll(position), now),
                        own.alone().done(route, position, now));
    }

    /** Where the partitions' turns put who is at this position in one of them. */
    private long amongAll(long position) {
        long turns = Math.max(1, position) * (own == null ? 1 : own.among());
        return Math.max(position, Math.min(state.queued(), turns));
    }

    private Instant doneOfAll(String route, long position, Instant now) {
        long ahead = Math.max(1, position);
        long shared = ahead + Math.min(state.retrying(), ahead / (RETRY_SHARE - 1));
        Instant first = expectedCall(shared, now);
        double failing = failing();
        if (failing <= 0) {
            return first.plus(latency);
        }
        long again = shared + state.retrying() + Math.round(failing * (ahead + state.queued()));
        Duration pace = Duration.between(first, expectedCall(again, now));
        return called(route, first, pace);
    }

    /** When a job is done whose first call leaves then. */
    private Instant called(String route, Instant first, Duration pace) {
        Duration again = prospects.of(route).succeeds(Duration.ZERO, Duration.ZERO, 1, pace);
        Duration next = again.compareTo(pace) < 0 ? pace : again;
        return first.plus(scaled(next, failing())).plus(latency);
    }

    /** When a route's job is done that starts at this time. */
    Instant scheduled(String route, Priority priority, Instant start, Instant now) {
        Instant call = firstCall(last(priority), now);
        return called(route, later(start, call), Duration.ZERO);
    }

    /**
     * When a route's job is done whose next call leaves when it is due, or then as there are slots.
     *
     * @param job its number
     * @param calls made so far
     */
    Instant retried(
            String route, long job, int calls, Priority priority, Instant due, Instant now) {
        Instant next = later(due, retrySlot(priority, now));
        Duration pace = Duration.between(now, retrySlot(priority, now));
        Instant done = goesOn(route, job, calls, next, now, pace);
        return own == null
                ? done
                : later(done, own.alone().retried(route, job, calls, priority, due, now));
    }

    /** When a route's job is done whose call is under way. */
    Instant running(String route, long job, int calls, Instant now) {
        return calls <= 1
                ? called(route, now, Duration.ZERO)
                : goesOn(route, job, calls - 1, now, now, Duration.ZERO);
    }

    private Instant goesOn(
            String route, long job, int failures, Instant next, Instant now, Duration pace) {
        Recovery recovery = prospects.of(route);
        Failing.Job how =
                prospects
                        .failing()
                        .of(job)
                        .orElseGet(
                                () -> {
                                    Duration age = recovery.after(failures);
                                    return new Failing.Job(now.minus(age), age, failures);
                                });
        Duration at = Duration.between(how.firstCall(), next);
        Duration done = recovery.succeeds(how.failed(), at, how.failures(), pace);
        return later(how.firstCall().plus(done), next).plus(latency);
    }

    private Instant retrySlot(Priority priority, Instant now) {
        long ahead = 1 + state.retries().of(priority) / 2;
        long place = state.firstTries().of(priority) > 0 ? ahead * RETRY_SHARE : ahead;
        return firstOfAll(waiting().place(priority, place), now);
    }

    /** How long until the whole backlog is done. */
    Duration drain(Instant now) {
        return drain(state.queued(), state.retrying(), now);
    }

    /** How long until all of a class is done. */
    Duration drain(Priority priority, Instant now) {
        long its = waiting().of(priority);
        if (its == 0) {
            return Duration.ZERO;
        }
        long jobs = waiting().place(priority, its);
        long retrying = jobs * state.retrying() / Math.max(1, waiting().total());
        return drain(jobs - retrying, retrying, now);
    }

    /** Until there were slots enough for all calls, and until the last one stops failing. */
    private Duration drain(long queued, long retrying, Instant now) {
        if (queued + retrying == 0) {
            return Duration.ZERO;
        }
        double fresh = queued * failing();
        Instant round = expectedCall(Math.round(queued + fresh + retrying), now);
        if (fresh + retrying == 0) {
            return Duration.between(now, round.plus(latency));
        }
        Duration pace = Duration.between(now, round);
        List<Failing.Job> failing =
                new ArrayList<>(prospects.failing().last(Math.min(SAMPLE, retrying)));
        while (failing.size() < Math.min(SAMPLE, retrying)) {
            failing.add(new Failing.Job(now, Duration.ZERO, 1)); // this process did not see it
        }
        Recovery recovery = prospects.all();
        double calls = fresh * recovery.calls(Duration.ZERO, pace);
        double weight = failing.isEmpty() ? 0 : retrying / (double) failing.size();
        for (Failing.Job each : failing) {
            calls += weight * recovery.calls(each.failed(), pace);
        }
        Instant slots = expectedCall(Math.round(queued + calls), now);
        Duration first = Duration.between(now, queued == 0 ? now : expectedCall(queued, now));
        Instant last = now.plus(recovery.last(first, fresh, failing, weight, now));
        return Duration.between(now, later(slots, last).plus(latency));
    }

    private double failing() {
        return Math.clamp(1 - prospects.firstTries(), 0, 1);
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

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofMillis(Math.round(duration.toMillis() * factor));
    }
}
