package dev.holdfast.simulation;

import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import dev.holdfast.simulation.Scenario.Plan;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A second upstream beside the first, in some seeds, with a quota, routes and clients of its own.
 * It is well all the time, so its calls leave whenever it has slots, whatever the first one suffers
 * (P6); besides, its quota holds (P1), and nothing is called twice at once, nor once its result is
 * known, nor ordered again when it may have taken effect (P4).
 */
final class Neighbour implements SimulatedApi.Calls {
    static final String API = "neighbour";
    static final String ROUTE = "/next";
    static final String ORDERS = "/next/orders";

    private static final int CONCURRENCY = 2;
    private static final Quota QUOTA =
            new Quota(
                    List.of(
                            new Window(3, Duration.ofSeconds(10)),
                            new Window(12, Duration.ofSeconds(60))));
    private static final ResultShape SHAPE =
            new ResultShape("signature", ResultShape.From.TEXT, Map.of());

    private final World world;
    private final Bodies bodies;
    private final Outside outside;
    private final SimulatedApi api;
    private final Map<String, Long> waiting = new TreeMap<>();
    private final Map<String, Long> inFlight = new HashMap<>();
    private final Set<String> known = new HashSet<>();
    private final Set<String> tried = new HashSet<>();
    private long lastEnd = Long.MIN_VALUE;
    private int calls;
    private int orders;
    private int besideBlocked;

    /**
     * What goes on beside it.
     *
     * @param left told of each call's message
     * @param blocked whether the first upstream is not called now
     * @param violation told which promise is broken, and how
     */
    record Outside(
            Consumer<String> left, BooleanSupplier blocked, BiConsumer<String, String> violation) {}

    Neighbour(World world, Bodies bodies, Outside outside) {
        this.world = world;
        this.bodies = bodies;
        this.outside = outside;
        api = new SimulatedApi(world, QUOTA.windows(), Keys.NONE, () -> 0);
        api.heal();
    }

    static UpstreamPolicy policy(RetryPolicy retry) {
        return new UpstreamPolicy(API, QUOTA, CONCURRENCY, SimulatedApi.TIMEOUT, retry, 100_000);
    }

    static List<RoutePolicy> routes() {
        return List.of(
                new RoutePolicy(ROUTE, API, true, Duration.ofDays(30), 1_000_000, SHAPE),
                new RoutePolicy(ORDERS, API, false, Duration.ZERO, 0, SHAPE));
    }

    SimulatedApi api() {
        return api;
    }

    int calls() {
        return calls;
    }

    int orders() {
        return orders;
    }

    /** Calls that left while the first upstream was not called. */
    int besideBlocked() {
        return besideBlocked;
    }

    boolean isUnderWay(String message) {
        return inFlight.containsKey(message);
    }

    boolean isBusy() {
        return !inFlight.isEmpty();
    }

    /** A request of this plan is queued. */
    void queued(Plan plan) {
        waiting.putIfAbsent(plan.message(), world.now());
    }

    @Override
    public void left(String message, int attempt) {
        calls++;
        orders += Scenario.isOrder(message) ? 1 : 0;
        besideBlocked += outside.blocked().getAsBoolean() ? 1 : 0;
        waiting.remove(message);
        outside.left().accept(message);
        if (inFlight.put(message, world.now()) != null) {
            violate("P4", "two calls at once for " + message);
        }
        if (inFlight.size() > CONCURRENCY) {
            violate("P1", inFlight.size() + " calls at once of the neighbour's " + CONCURRENCY);
        }
        if (known.contains(message)) {
            violate("P4", "a call for a known result: " + message);
        }
        if (tried.contains(message)) {
            violate("P4", "called again though it may have taken effect: " + message);
        }
    }

    @Override
    public void carries(String message, Body body) {
        bodies.left(message, body);
    }

    @Override
    public void heard(String message, Outcome outcome, Consumer<Outcome> then) {
        bodies.heard(message, outcome, then);
    }

    @Override
    public void settled(String message, Outcome outcome) {
        inFlight.remove(message);
        if (outcome instanceof Outcome.Done) {
            Duration written = SimulatedProcess.LONGEST_STALL.multipliedBy(2);
            long at = world.now();
            world.after(
                    written,
                    () -> {
                        if (at > lastEnd) {
                            known.add(message);
                        }
                    });
        }
    }

    /** The process is gone; orders that were under way may have taken effect. */
    void processEnded() {
        inFlight.keySet().stream().filter(Scenario::isOrder).forEach(tried::add);
        inFlight.clear();
        waiting.clear();
        lastEnd = world.now();
    }

    /**
     * Whether whatever waits has no slot.
     *
     * @param followed whether the process followed another, whose claims may not have left
     */
    void check(SimulatedProcess process, boolean followed) {
        long slack = Simulation.SLACK.toNanos();
        long then = world.now() - slack;
        if (waiting.values().stream().noneMatch(at -> at < then) || !isSteady(process, followed)) {
            return;
        }
        long late = slack + process.stallWithin(QUOTA.memory());
        if (api.busySince(then) >= CONCURRENCY || api.surelyFree(late) <= 0) {
            return;
        }
        waiting.keySet().removeIf(message -> !process.isQueuedMessage(message));
        if (waiting.values().stream().anyMatch(at -> at < then)) {
            throw new Violation(
                    "P6", "the neighbour's slots are free and these wait: " + waiting.keySet());
        }
    }

    private boolean isSteady(SimulatedProcess process, boolean followed) {
        long since = world.now() - Simulation.SLACK.toNanos();
        if (!followed) {
            return process.isUpAndSteadySince(since);
        }
        since -= QUOTA.memory().toNanos();
        long settled = process.startedAt() + Simulation.ORPHANS_SETTLED.toNanos();
        return process.isUpAndSteadySince(since) && api.aliveSince(settled) < since;
    }

    private void violate(String promise, String what) {
        outside.violation().accept(promise, what);
    }
}
