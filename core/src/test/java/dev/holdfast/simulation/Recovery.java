package dev.holdfast.simulation;

import dev.holdfast.request.Status;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.RequestRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The check of what the store failed to write while the process goes on: soon after it can write
 * again every result that was heard is written, and every request that is over has ended (P3).
 */
final class Recovery {
    /** From when the store can write again. */
    private static final Duration WITHIN = Duration.ofSeconds(2);

    /** A claim may have been written, and its call leave at once. */
    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    /** What a clock that drifts makes of a wait. */
    private static final int DRIFT_PART = 2_000;

    private final World world;
    private final Supplier<SimulatedProcess> process;
    private final BooleanSupplier stopping;
    private final Predicate<String> underWay;
    private final BiConsumer<String, String> violation;
    private final Map<String, Long> lastLeft = new HashMap<>();
    private final Map<UUID, Long> deadlines = new HashMap<>();
    private int looks;
    private int waited;

    /**
     * Sees one seed's failures.
     *
     * @param stopping whether the process is asked to end
     * @param underWay whether a message is called now
     * @param violation told which promise is broken, and how
     */
    Recovery(
            World world,
            Supplier<SimulatedProcess> process,
            BooleanSupplier stopping,
            Predicate<String> underWay,
            BiConsumer<String, String> violation) {
        this.world = world;
        this.process = process;
        this.stopping = stopping;
        this.underWay = underWay;
        this.violation = violation;
    }

    /** Failures after which all was looked at. */
    int looks() {
        return looks;
    }

    /** Results that waited for the store to work. */
    int waited() {
        return waited;
    }

    void left(String message) {
        lastLeft.put(message, world.now());
    }

    /** A receipt was given. */
    void kept(Plan plan, UUID id) {
        Duration wait = plan.expiresIn();
        if (wait != null) {
            Duration surely = wait.plus(wait.dividedBy(DRIFT_PART));
            deadlines.putIfAbsent(id, world.now() + surely.toNanos());
        }
    }

    /** The store fails now, and for a moment. */
    void failed() {
        SimulatedProcess failed = process.get();
        world.after(Duration.ofMillis(50), () -> count(failed));
        world.after(
                SimulatedProcess.STORE_PAUSE.plus(WITHIN).plus(Simulation.SLACK),
                () -> look(failed));
    }

    private void count(SimulatedProcess failed) {
        if (failed == process.get() && failed.isUp() && isSettled(failed)) {
            waited += unwritten(failed).size();
        }
    }

    private void look(SimulatedProcess failed) {
        if (!isSteady(failed)) {
            return; // if it failed again, that is looked at later
        }
        Set<String> unwritten = unwritten(failed);
        long since = world.now();
        world.after(AT_ONCE, () -> lookAgain(failed, unwritten, since));
        deadlines.forEach(
                (id, deadline) -> {
                    if (deadline < since - WITHIN.toNanos() && isWaiting(failed.request(id))) {
                        violation.accept("P3", "over, and not ended since the store failed: " + id);
                    }
                });
    }

    private static boolean isWaiting(@Nullable RequestRecord request) {
        return request != null && !request.status().isFinal() && request.status() != Status.RUNNING;
    }

    private void lookAgain(SimulatedProcess failed, Set<String> before, long since) {
        if (!isSteady(failed)) {
            return;
        }
        looks++;
        Set<String> still = unwritten(failed);
        still.retainAll(before);
        still.removeIf(message -> lastLeft.getOrDefault(message, Long.MIN_VALUE) >= since);
        if (!still.isEmpty()) {
            violation.accept("P3", "heard, and not written since the store failed: " + still);
        }
    }

    private boolean isSteady(SimulatedProcess failed) {
        return failed == process.get()
                && !stopping.getAsBoolean()
                && failed.isUpAndSteadySince(world.now() - WITHIN.toNanos())
                && isSettled(failed);
    }

    /** Whether what a process before it left in flight is settled. */
    private boolean isSettled(SimulatedProcess failed) {
        return failed.startedAt() + Simulation.ORPHANS_SETTLED.toNanos() < world.now();
    }

    /** What is running, though no call of it is under way. */
    private Set<String> unwritten(SimulatedProcess failed) {
        Set<String> unwritten = new HashSet<>(failed.runningMessages());
        unwritten.removeIf(underWay);
        return unwritten;
    }
}
