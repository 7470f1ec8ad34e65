package dev.holdfast.simulation;

import dev.holdfast.engine.Upstream;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The API behind the quota, as it would be: it counts arrivals in true time, signs, degrades,
 * hangs, refuses, resets and throttles. It outlives every process that calls it.
 */
final class SimulatedApi {
    static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofSeconds(40);
    private static final Duration NETWORK = Duration.ofMillis(5);

    /** Of a window, what a clock that drifts may make of it. */
    private static final int DRIFT_PART = 2_000;

    private final World world;
    private final Keys keys;
    private final IntSupplier atOnce;
    private final List<Window> windows;
    private final Map<Window, Deque<Arrival>> arrivals = new HashMap<>();
    private final Map<String, Long> recovers = new HashMap<>();
    final Map<String, Integer> signed = new HashMap<>();
    final Map<Fault, Integer> fired = new EnumMap<>(Fault.class);
    final List<Flight> flights = new ArrayList<>();

    /** Until when it is surely in the ledger that nothing more was heard of a call. */
    private static final Duration WRITTEN = Simulation.SLACK.plus(SimulatedProcess.LONGEST_STALL);

    /** The first answer to a call that left after {@code signsFrom}. */
    private long firstSign = Long.MAX_VALUE;

    private long signsFrom;

    private boolean healed;
    private int hung;
    private int away;
    private final List<Runnable> buffered = new ArrayList<>();
    private boolean probing;
    private boolean crashed;
    private int probes;

    /** What can go wrong with a call. */
    enum Fault {
        DEGRADED,
        SLOW,
        HUNG,
        /** No call at all is served for a while; what was sent is served afterwards. */
        ALL_HUNG,
        REFUSED,
        /** No call at all is taken for a while. */
        ALL_REFUSED,
        RESET,
        GARBAGE,
        THROTTLED,
        THROTTLED_WITH_RETRY_AFTER
    }

    private record Arrival(long at, boolean probe) {}

    /** A call under way or settled, for the check of P5; true nanoseconds. */
    static final class Flight {
        final long left;

        /**
         * Until when it surely holds its slot from: it settled, or a sign of life came after it.
         */
        long settled = Long.MAX_VALUE;

        /** Since when nobody knows whether it arrived, or never. */
        long missing = Long.MAX_VALUE;

        Flight(long left) {
            this.left = left;
        }
    }

    /** The process that made these is gone by {@code at}. */
    void lost(long at) {
        crashed = true;
        for (Flight flight : flights) {
            if (flight.settled == Long.MAX_VALUE) {
                long on = Math.max(at, flight.left + TIMEOUT.toNanos());
                flight.missing = Math.min(flight.missing, on);
            }
        }
    }

    private void settled(Flight flight, Outcome outcome) {
        switch (outcome) {
            case Outcome.Failed failed when failed.why() == Outcome.Why.TIMEOUT ->
                    flight.missing = world.now() + WRITTEN.toNanos();
            case Outcome.Failed failed when failed.status() == null -> flight.settled = world.now();
            default -> {
                flight.settled = world.now();
                if (flight.left > signsFrom) {
                    firstSign = Math.min(firstSign, world.now());
                }
                for (Flight other : flights) {
                    if (other.settled == Long.MAX_VALUE && other.missing < flight.left) {
                        other.settled = world.now();
                    }
                }
            }
        }
    }

    /**
     * @param atOnce calls that may have left before one could be heard, since the last start
     */
    SimulatedApi(World world, List<Window> windows, Keys keys, IntSupplier atOnce) {
        this.world = world;
        this.keys = keys;
        this.atOnce = atOnce;
        this.windows = windows;
        windows.forEach(window -> arrivals.put(window, new ArrayDeque<>()));
    }

    /** From now on it only degrades as the real one does. */
    void heal() {
        healed = true;
        away = 0;
        hung = 0;
        wakeUp();
    }

    static String signature(String message) {
        return "signature of " + message;
    }

    static boolean isRejected(String message) {
        return message.startsWith("bad");
    }

    /** The way a process calls it; a dead process hears nothing. */
    Upstream as(Consumer<Runnable> alive, Calls calls) {
        return new Upstream() {
            @Override
            public CompletionStage<Boolean> knock() {
                return CompletableFuture.completedStage(away == 0);
            }

            @Override
            public CompletionStage<Outcome> call(Call call) {
                return made(call, alive, calls);
            }
        };
    }

    private CompletionStage<Outcome> made(
            Upstream.Call call, Consumer<Runnable> alive, Calls calls) {
        String message = call.params().getOrDefault("message", "");
        Flight flight = new Flight(world.now());
        flights.add(flight);
        calls.left(message, call.attempt());
        calls.carries(message, call.body());
        CompletableFuture<Outcome> heard = new CompletableFuture<>();
        boolean probe = probing;
        probing = false;
        call(
                message,
                call.credential(),
                probe,
                outcome ->
                        alive.accept(
                                () ->
                                        calls.heard(
                                                message,
                                                outcome,
                                                kept -> {
                                                    settled(flight, kept);
                                                    calls.settled(message, kept);
                                                    heard.complete(kept);
                                                })));
        return heard;
    }

    /** What the checks hear of calls. */
    interface Calls {
        void left(String message, int attempt);

        /** What it left with. */
        void carries(String message, Body body);

        /** Goes on with what is heard, when what is large of it is kept. */
        void heard(String message, Outcome outcome, Consumer<Outcome> then);

        void settled(String message, Outcome outcome);
    }

    private void call(
            String message, @Nullable String key, boolean probe, Consumer<Outcome> heard) {
        Fault fault = away > 0 ? Fault.REFUSED : fault();
        if (fault == Fault.REFUSED) {
            world.after(world.millis(0, 5), () -> heard.accept(failed(Outcome.Why.REFUSED, false)));
            return;
        }
        boolean[] over = {false};
        Consumer<Outcome> answer =
                outcome -> {
                    if (!over[0]) {
                        over[0] = true;
                        heard.accept(outcome);
                    }
                };
        Duration latency = latency(fault);
        boolean silent = fault == Fault.HUNG || latency.compareTo(TIMEOUT) > 0;
        Duration longest = silent ? TIMEOUT : latency;
        // It is served any time between leaving and its end.
        Duration travel = world.between(Duration.ZERO, world.chance(0.2) ? longest : NETWORK);
        world.after(TIMEOUT, () -> answer.accept(failed(Outcome.Why.TIMEOUT, true)));
        world.after(
                travel,
                () ->
                        whenAwake(
                                () -> {
                                    Outcome outcome = arrived(message, key, fault, probe);
                                    if (!silent) {
                                        Duration rest = latency.minus(travel);
                                        world.after(
                                                rest,
                                                () -> whenAwake(() -> answer.accept(outcome)));
                                    }
                                }));
    }

    private Duration latency(@Nullable Fault fault) {
        return fault == Fault.SLOW
                ? world.between(Duration.ofSeconds(1), LONGEST)
                : world.millis(66, 181);
    }

    /** It stops to serve, and what is sent lies in its buffers. */
    void hang(Duration time) {
        if (!healed) {
            hung++;
            fire(Fault.ALL_HUNG);
            world.after(time, this::wakeUp);
        }
    }

    /** Nobody is at home. */
    void leave(Duration time) {
        if (!healed) {
            away++;
            fire(Fault.ALL_REFUSED);
            world.after(time, () -> away = Math.max(0, away - 1));
        }
    }

    private void wakeUp() {
        hung = Math.max(0, hung - 1);
        if (hung == 0) {
            List<Runnable> all = List.copyOf(buffered);
            buffered.clear();
            all.forEach(Runnable::run);
        }
    }

    private void whenAwake(Runnable work) {
        if (hung > 0) {
            buffered.add(work);
        } else {
            work.run();
        }
    }

    /** The call that leaves next is a probe. */
    void probing() {
        probing = true;
        probes++;
        // Of a process that died, claims may be missing whose calls never left.
        if (!crashed && flights.stream().noneMatch(flight -> flight.missing < Long.MAX_VALUE)) {
            world.after(
                    Duration.ZERO,
                    () -> {
                        throw new Violation("P1", "a probe left though every call was heard of");
                    });
        }
    }

    int probes() {
        return probes;
    }

    private @Nullable Fault fault() {
        if (healed || !world.chance(0.25)) {
            return null;
        }
        Fault[] faults = Fault.values();
        Fault fault = faults[1 + world.random.nextInt(faults.length - 1)];
        if (fault == Fault.ALL_HUNG || fault == Fault.ALL_REFUSED) {
            return null;
        }
        fire(fault);
        return fault;
    }

    private void fire(Fault fault) {
        fired.merge(fault, 1, Integer::sum);
    }

    private Outcome arrived(
            String message, @Nullable String key, @Nullable Fault fault, boolean probe) {
        count(probe);
        keys.arrived(key, world.now(), probe);
        if (keys.isRefused(key, world.now(), healed, atOnce)) {
            return fault == Fault.HUNG
                    ? failed(Outcome.Why.TIMEOUT, true)
                    : new Outcome.Unauthorized("no such key");
        }
        if (fault == Fault.HUNG) {
            sign(message);
            return failed(Outcome.Why.TIMEOUT, true);
        }
        return outcome(message, fault);
    }

    private Outcome outcome(String message, @Nullable Fault fault) {
        return switch (fault) {
            case RESET -> failed(Outcome.Why.RESET, true);
            case GARBAGE -> failed(Outcome.Why.GARBAGE, true);
            case THROTTLED -> new Outcome.Throttled(429, null);
            case THROTTLED_WITH_RETRY_AFTER -> new Outcome.Throttled(429, Duration.ofSeconds(7));
            case null, default -> {
                if (isRejected(message)) {
                    yield new Outcome.Rejected(400, "Must specify a message.");
                }
                yield sign(message)
                        ? new Outcome.Done(new Result(200, signature(message)))
                        : new Outcome.Failed(Outcome.Why.STATUS, 502, null, false);
            }
        };
    }

    /** Half of all messages fail at first and recover 54 to 235 s later. */
    private boolean sign(String message) {
        long at =
                recovers.computeIfAbsent(
                        message,
                        _ ->
                                world.now()
                                        + (world.chance(0.5)
                                                ? 0
                                                : world.millis(54_000, 235_000).toNanos()));
        if (world.now() < at) {
            fire(Fault.DEGRADED);
            return false;
        }
        signed.merge(message, 1, Integer::sum);
        return true;
    }

    private static Outcome failed(Outcome.Why why, boolean uncertain) {
        return new Outcome.Failed(why, null, null, uncertain);
    }

    private void count(boolean probe) {
        for (Window window : windows) {
            Deque<Arrival> inWindow = arrivals.getOrDefault(window, new ArrayDeque<>());
            long horizon = world.now() - window.length().toNanos();
            while (!inWindow.isEmpty() && inWindow.getFirst().at() < horizon) {
                inWindow.removeFirst();
            }
            inWindow.addLast(new Arrival(world.now(), probe));
            long onTop = inWindow.stream().filter(Arrival::probe).count();
            if (inWindow.size() - onTop > window.limit()) {
                throw new Violation(
                        "P1",
                        inWindow.size()
                                + " calls arrived within "
                                + window
                                + ", "
                                + onTop
                                + " probes");
            }
        }
    }

    /** Slots that are free for certain, by what really happened. */
    int surelyFree(long slack) {
        int free = Integer.MAX_VALUE;
        Set<Flight> counting = new HashSet<>();
        for (Window window : windows) {
            long taken = 0;
            // The clock of whoever waits may be slow.
            Duration held = window.held().plus(window.length().dividedBy(DRIFT_PART));
            long horizon = world.now() - held.toNanos() - slack;
            for (Flight flight : flights) {
                if (flight.settled > horizon) {
                    taken++;
                    counting.add(flight);
                }
            }
            free = (int) Math.min(free, window.limit() - taken);
        }
        flights.retainAll(counting);
        return free;
    }

    /** When the first call was answered that left after {@code from}; the last time asked for. */
    long aliveSince(long from) {
        if (from != signsFrom) {
            signsFrom = from;
            firstSign = Long.MAX_VALUE;
        }
        return firstSign;
    }

    /** Calls that were under way at some time since then. */
    long busySince(long since) {
        return flights.stream()
                .filter(flight -> Math.min(flight.settled, flight.missing) > since)
                .count();
    }

    long inFlight() {
        return flights.stream()
                .filter(flight -> flight.settled == Long.MAX_VALUE)
                .filter(flight -> flight.missing == Long.MAX_VALUE)
                .count();
    }
}
