package dev.holdfast.simulation;

import dev.holdfast.request.Outcome;
import dev.holdfast.simulation.Scenario.Plan;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * The checks of each call that leaves: as many at once as are allowed, none while an operator has
 * paused the upstream, none again before its backoff, none that may not be made again.
 */
final class Calling {
    /** The first wait after a failure, less its jitter and what a clock that drifts makes of it. */
    private static final Duration SHORTEST_BACKOFF =
            Duration.ofSeconds(5).multipliedBy(4).dividedBy(5).minusMillis(5);

    private final World world;
    private final Scenario scenario;
    private final BiConsumer<String, String> violation;
    private final Map<String, Long> notBefore = new HashMap<>();
    private final Map<String, Long> known = new HashMap<>();

    /** Messages whose request may end before a call of it succeeds; who asks again begins anew. */
    private final Set<String> endEarly;

    private final Set<String> uncertain = new HashSet<>();
    private final Set<String> inFlight = new HashSet<>();
    private long pausedSince = Long.MAX_VALUE;
    private long resumedAt = Long.MIN_VALUE;
    private boolean pausing;

    /**
     * Sees one seed's calls.
     *
     * @param violation told which promise is broken, and how
     */
    Calling(World world, Scenario scenario, BiConsumer<String, String> violation) {
        this.world = world;
        this.scenario = scenario;
        this.violation = violation;
        endEarly =
                scenario.asks().stream()
                        .filter(plan -> plan.expiresIn() != null || plan.cancelAfter() != null)
                        .map(Plan::message)
                        .collect(Collectors.toSet());
    }

    /** A call leaves; with it so many are under way. */
    void left(String message, int underWay) {
        long now = world.now();
        if (underWay > scenario.concurrency()) {
            violation.accept("P1", underWay + " calls at once of " + scenario.concurrency());
        }
        if (pausedSince < now - Simulation.SLACK.toNanos()) {
            violation.accept("P1", "a call left while the upstream is paused: " + message);
        }
        boolean early = notBefore.getOrDefault(message, Long.MIN_VALUE) > now;
        if (early && !endEarly.contains(message)) {
            violation.accept("P4", "called again before its backoff: " + message);
        }
        if (Scenario.isOrder(message)) {
            if (uncertain.contains(message)) {
                violation.accept("P4", "called again though it may have taken effect: " + message);
            }
            inFlight.add(message);
        }
    }

    void settled(String message, Outcome outcome, boolean charged) {
        inFlight.remove(message);
        if (outcome instanceof Outcome.Failed failed) {
            if (charged) {
                notBefore.put(message, world.now() + SHORTEST_BACKOFF.toNanos());
            }
            if (failed.uncertain() && Scenario.isOrder(message)) {
                uncertain.add(message);
            }
        }
        if (outcome instanceof Outcome.Done) {
            known.putIfAbsent(message, world.now());
        }
    }

    /** Whether a message's result was known for so long that nobody need wait for it. */
    boolean knew(String message, SimulatedProcess process) {
        Long since = known.get(message);
        long slack = Simulation.SLACK.multipliedBy(2).toNanos();
        return since != null
                && since + slack < world.now()
                && process.isUpAndSteadySince(since)
                && !Scenario.isOrder(message);
    }

    /** What was under way may have taken effect; what had failed may not be written down. */
    void crashed() {
        uncertain.addAll(inFlight);
        inFlight.clear();
        notBefore.clear();
        known.clear();
    }

    void pausing() {
        pausing = true;
    }

    void paused() {
        if (pausing) {
            pausedSince = world.now();
        }
    }

    void resuming() {
        pausedSince = Long.MAX_VALUE;
    }

    void resumed() {
        pausing = false;
        resumedAt = world.now();
    }

    /** Whether it was paused at {@code then} or since. */
    boolean isPaused(long then) {
        return pausing || resumedAt > then;
    }
}
