package dev.holdfast.engine;

import dev.holdfast.quota.Allowance;
import dev.holdfast.request.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * An API that somebody else uses, too, on virtual time: it counts what all calls take in a sliding
 * minute, whosever they are, and refuses what is too much.
 */
final class SharedStandIn {
    static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration STEP = Duration.ofMillis(50);

    /** Steps for which a stranger calls as often. */
    private static final int STEADY = 400;

    /** What it counts, and what it says of that. */
    interface Api {
        /** What one of our calls takes. */
        int takes(EngineWorld.Call call);

        /** What one of the stranger's takes. */
        int strangerTakes();

        Upstream.Said says(EngineWorld.Call call, Allowance left);

        Outcome done(int took);
    }

    private record Used(Duration at, int amount) {}

    private final EngineWorld world;
    private final Random random;
    private final Api api;
    private final Deque<Used> counted = new ArrayDeque<>();
    private final Deque<Used> ours = new ArrayDeque<>();
    private int seen;
    private Duration from = Duration.ZERO;

    /** In each window. */
    int limit;

    /** The stranger's calls a second, at most. */
    double load = 0.3;

    final List<Duration> refused = new ArrayList<>();
    long strangers;
    long served;

    /** Ours in any window. */
    int most;

    SharedStandIn(EngineWorld world, Random random, int limit, Api api) {
        this.world = world;
        this.random = random;
        this.limit = limit;
        this.api = api;
    }

    void serve(Duration time) {
        from = world.time.elapsed();
        Duration end = from.plus(time);
        double rate = 0;
        for (int step = 0; world.time.elapsed().compareTo(end) < 0; step++) {
            if (step % STEADY == 0) {
                rate = random.nextDouble() * load;
            }
            world.time.run(STEP);
            Duration now = world.time.elapsed();
            forget(counted, now);
            forget(ours, now);
            if (random.nextDouble() < rate * STEP.toMillis() / 1e3) {
                int amount = api.strangerTakes();
                if (sum(counted) + amount <= limit) {
                    counted.add(new Used(now, amount));
                    strangers += amount;
                }
            }
            for (; seen < world.calls.size(); seen++) {
                answer(world.calls.get(seen), now);
            }
        }
    }

    /**
     * Share of what the stranger left.
     *
     * @param reserve share of all that was not ours either
     */
    double used(double reserve) {
        double windows = (double) world.time.elapsed().minus(from).toMillis();
        double all = limit * (1 - reserve) * windows / MINUTE.toMillis();
        return served / (all - strangers);
    }

    /** The most refusals in any window. */
    long refusedInAWindow() {
        return refused.stream()
                .mapToLong(
                        at ->
                                refused.stream()
                                        .filter(other -> other.compareTo(at) >= 0)
                                        .filter(other -> other.compareTo(at.plus(MINUTE)) < 0)
                                        .count())
                .max()
                .orElse(0);
    }

    private static void forget(Deque<Used> used, Duration now) {
        while (!used.isEmpty() && used.getFirst().at().compareTo(now.minus(MINUTE)) <= 0) {
            used.removeFirst();
        }
    }

    private static int sum(Deque<Used> used) {
        return used.stream().mapToInt(Used::amount).sum();
    }

    private void answer(EngineWorld.Call call, Duration now) {
        int amount = api.takes(call);
        boolean taken = sum(counted) + amount <= limit;
        if (taken) {
            counted.add(new Used(now, amount));
            ours.add(new Used(now, amount));
            served += amount;
            most = Math.max(most, sum(ours));
        } else {
            refused.add(now);
        }
        Duration reset =
                counted.isEmpty() ? MINUTE : counted.getFirst().at().plus(MINUTE).minus(now);
        world.listener.accept(
                api.says(call, new Allowance(limit - sum(counted), reset, null, MINUTE)));
        call.outcome().complete(taken ? api.done(amount) : new Outcome.Throttled(429, reset));
    }
}
