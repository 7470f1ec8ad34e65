package dev.holdfast.simulation.replicas;

import dev.holdfast.engine.Upstream;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * An API behind a quota that several processes call. It counts arrivals in true time, and sees
 * which calls ought not to have been made (P1, P4).
 */
final class SharedApi {
    static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration NETWORK = Duration.ofMillis(5);

    private final World world;
    private final Quota quota;
    private final Consumer<String> left;
    private final BiConsumer<String, String> violation;
    private final List<Call> calls = new ArrayList<>();
    private final Map<String, Call> underWay = new HashMap<>();
    private final Set<String> known = new HashSet<>();
    private final Set<String> ordered = new HashSet<>();
    private boolean healed;
    private boolean probing;
    private long troubledAt;
    int made;
    int timeouts;

    /** One call. */
    private static final class Call {
        final boolean probe;
        final BooleanSupplier alive;
        final long left;
        long arrived = Long.MAX_VALUE;

        /** When its end was heard, or, of one that nobody heard of, of one that left after it. */
        long settled = Long.MAX_VALUE;

        Call(boolean probe, BooleanSupplier alive, long left) {
            this.probe = probe;
            this.alive = alive;
            this.left = left;
        }
    }

    /**
     * One that is called from now on.
     *
     * @param left told of each call that leaves, by what it asks for
     * @param violation told which promise is broken, and how
     */
    SharedApi(
            World world, Quota quota, Consumer<String> left, BiConsumer<String, String> violation) {
        this.world = world;
        this.left = left;
        this.violation = violation;
        this.quota = quota;
    }

    Quota quota() {
        return quota;
    }

    static String signature(String message) {
        return "signature of " + message;
    }

    static boolean isOrder(String message) {
        return message.startsWith("order");
    }

    /** From now on it answers each call. */
    void heal() {
        healed = true;
    }

    /** The call that leaves next is a probe, on top of the quota. */
    void probing() {
        probing = true;
    }

    /** A caller has the result of this: nobody need call for it again. */
    void known(String message) {
        known.add(message);
    }

    /**
     * The way a process calls it.
     *
     * @param alive whether the process is there; a dead one hears nothing
     * @param present whether the others see that it is
     */
    Upstream as(BooleanSupplier alive, BooleanSupplier present) {
        return call -> made(call.params().getOrDefault("message", ""), alive, present);
    }

    private CompletionStage<Outcome> made(
            String message, BooleanSupplier alive, BooleanSupplier present) {
        made++;
        left.accept(message);
        if (known.contains(message)) {
            violation.accept("P4", "a call for a known result: " + message);
        }
        Call call = new Call(probing, present, world.now());
        probing = false;
        Call before = underWay.put(message, call);
        if (before != null
                && before.settled == Long.MAX_VALUE
                && before.alive.getAsBoolean()
                && world.now() - before.left < TIMEOUT.toNanos()) {
            violation.accept("P4", "two calls at once for " + message);
        }
        calls.add(call);
        CompletableFuture<Outcome> heard = new CompletableFuture<>();
        Outcome outcome = outcome();
        boolean hangs = isTimeout(outcome);
        Duration latency = hangs ? TIMEOUT : world.millis(20, 900);
        Duration travel = world.between(Duration.ZERO, world.chance(0.3) ? latency : NETWORK);
        world.after(travel, () -> arrived(message, call, outcome));
        world.after(latency, () -> heard(message, call, alive, outcome, heard));
        return heard;
    }

    private Outcome outcome() {
        int dice = healed ? 99 : world.random.nextInt(100);
        if (dice < 26) {
            troubledAt = world.now() + TIMEOUT.toNanos();
        }
        if (dice < 8) {
            timeouts++;
            return new Outcome.Failed(Outcome.Why.TIMEOUT, null, null, true);
        } else if (dice < 16) {
            return new Outcome.Failed(Outcome.Why.STATUS, 502, null, true);
        } else if (dice < 22) {
            return new Outcome.Failed(Outcome.Why.RESET, null, null, true);
        } else if (dice < 26) {
            return new Outcome.Throttled(429, Duration.ofSeconds(1 + dice % 3));
        }
        return new Outcome.Done(new Result(200, ""));
    }

    private static boolean isTimeout(Outcome outcome) {
        return outcome instanceof Outcome.Failed failed && failed.why() == Outcome.Why.TIMEOUT;
    }

    private void arrived(String message, Call call, Outcome outcome) {
        call.arrived = world.now();
        if (isOrder(message) && !(outcome instanceof Outcome.Throttled) && !ordered.add(message)) {
            violation.accept("P4", "ordered twice: " + message);
        }
        for (Window window : quota.windows()) {
            long since = world.now() - window.length().toNanos();
            long count =
                    calls.stream()
                            .filter(each -> !each.probe && each.arrived != Long.MAX_VALUE)
                            .filter(each -> each.arrived >= since)
                            .count();
            if (count > window.limit()) {
                violation.accept("P1", count + " calls arrived within " + window);
            }
        }
    }

    private void heard(
            String message,
            Call call,
            BooleanSupplier alive,
            Outcome outcome,
            CompletableFuture<Outcome> heard) {
        if (!alive.getAsBoolean()) {
            return;
        }
        if (!isTimeout(outcome)) {
            call.settled = world.now();
            for (Call other : calls) {
                if (other.settled == Long.MAX_VALUE && other.left + TIMEOUT.toNanos() < call.left) {
                    other.settled = world.now();
                }
            }
        }
        underWay.remove(message, call);
        heard.complete(
                outcome instanceof Outcome.Done
                        ? new Outcome.Done(new Result(200, signature(message)))
                        : outcome);
    }

    /** When it last was heard to be in trouble, at the latest. */
    long troubledAt() {
        return troubledAt;
    }

    /** Slots that are free for certain, and were {@code slack} nanoseconds ago. */
    long surelyFree(long slack) {
        long free = Long.MAX_VALUE;
        for (Window window : quota.windows()) {
            long since = world.now() - window.held().toNanos() - slack;
            long held = calls.stream().filter(each -> each.settled > since).count();
            free = Math.min(free, window.limit() - held);
        }
        return free;
    }

    /** Calls that were under way at some time since then. */
    long busySince(long since) {
        return calls.stream().filter(each -> each.settled > since).count();
    }
}
