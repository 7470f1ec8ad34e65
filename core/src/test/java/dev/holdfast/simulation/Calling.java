package dev.holdfast.simulation;

import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.simulation.Scenario.Plan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The checks of each call that leaves: as many at once as are allowed, none while an operator has
 * paused the upstream or an answer closed it, none again before its backoff, none that may not be
 * made again.
 */
final class Calling {
    /** The first wait after a failure, less its jitter and what a clock that drifts makes of it. */
    private static final Duration SHORTEST_BACKOFF =
            Duration.ofSeconds(5).multipliedBy(4).dividedBy(5).minusMillis(5);

    /** Of a length, what a clock that drifts may make of it. */
    private static final int DRIFT_PART = 2_000;

    /** The upstream asked to be left alone, in true nanoseconds. */
    private record Closing(long since, long until) {}

    private final World world;
    private final Scenario scenario;
    private final Limits limits;
    private final BiConsumer<String, String> violation;
    private final Map<String, Long> notBefore = new HashMap<>();
    private final Map<String, Long> known = new HashMap<>();

    /** Messages whose request may end before a call of it succeeds; who asks again begins anew. */
    private final Set<String> endEarly;

    private final Set<String> uncertain = new HashSet<>();
    private final Set<String> inFlight = new HashSet<>();
    private final List<Closing> closings = new ArrayList<>();
    private int closed;
    private long pausedSince = Long.MAX_VALUE;
    private long resumedAt = Long.MIN_VALUE;
    private boolean pausing;

    /**
     * Sees one seed's calls.
     *
     * @param violation told which promise is broken, and how
     */
    Calling(World world, Scenario scenario, Limits limits, BiConsumer<String, String> violation) {
        this.world = world;
        this.scenario = scenario;
        this.limits = limits;
        this.violation = violation;
        endEarly =
                scenario.asks().stream()
                        .filter(plan -> plan.expiresIn() != null || plan.cancelAfter() != null)
                        .map(Plan::message)
                        .collect(Collectors.toSet());
    }

    /** A call leaves; with it so many are under way. */
    void left(String message, int underWay, SimulatedProcess process) {
        long now = world.now();
        closings.removeIf(closing -> closing.until() <= now);
        for (Closing closing : closings) {
            if (closing.since() + Simulation.SLACK.toNanos() < now
                    && process.isUpAndSteadySince(closing.since())) {
                violation.accept("P1", "a call left while the upstream is closed: " + message);
            }
        }
        if (underWay > scenario.concurrency()) {
            violation.accept("P1", underWay + " calls at once of " + scenario.concurrency());
        }
        if (pausedSince < now - Simulation.SLACK.toNanos()) {
            violation.accept("P1", "a call left while the upstream is paused: " + message);
        }
        boolean early = notBefore.getOrDefault(message, Long.MIN_VALUE) > now;
        if (early && !limits.any() && !endEarly.contains(message)) {
            violation.accept("P4", "called again before its backoff: " + message);
        }
        if (Scenario.isOrder(message)) {
            if (uncertain.contains(message)) {
                violation.accept("P4", "called again though it may have taken effect: " + message);
            }
            inFlight.add(message);
        }
    }

    /** What an answer says of all calls: for so long none may leave. */
    void closes(Outcome outcome) {
        if (outcome instanceof Outcome.Throttled(_, @Nullable Duration retryAfter)) {
            Duration shortest = scenario.quota().windows().getFirst().length();
            for (Window window : scenario.quota().windows()) {
                shortest = shortest.compareTo(window.length()) < 0 ? shortest : window.length();
            }
            Duration length = retryAfter == null ? shortest : retryAfter;
            Duration surely = length.minus(length.dividedBy(DRIFT_PART)).minusMillis(5);
            closings.add(new Closing(world.now(), world.now() + surely.toNanos()));
            closed++;
        }
    }

    /** How often it was closed. */
    int closings() {
        return closed;
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
        closings.clear();
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
        closings.clear(); // resuming ends all of it
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
