package dev.holdfast.simulation.tenants;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.simulation.World;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The API: it takes what arrives, says what it cost, fails, throttles and refuses whoever is
 * refused. It outlives every process that calls it.
 */
final class TenantsApi {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final World world;
    private final Play play;
    private final Calls calls;
    final Map<String, Integer> signed = new HashMap<>();
    final Map<Fault, Integer> fired = new EnumMap<>(Fault.class);
    private boolean healed;

    /** Calls that were refused for what their tenant says itself. */
    int ownRefused;

    /** What can go wrong with a call; what loses it only in seeds that are not calm. */
    enum Fault {
        FAILS(true),
        SLOW(true),
        THROTTLED(true),
        UNAVAILABLE(true),
        RESET(false),
        NO_ANSWER(false),
        NOBODY(false);

        final boolean calm;

        Fault(boolean calm) {
            this.calm = calm;
        }
    }

    /** What the checks hear of calls. */
    interface Calls {
        /** One leaves; answers it with what the checks want to know of it later. */
        Trip left(Upstream.Call call);

        void arrived(Trip trip);

        void heard(Trip trip, Outcome outcome);
    }

    TenantsApi(World world, Play play, Calls calls) {
        this.world = world;
        this.play = play;
        this.calls = calls;
    }

    /** From now on nothing goes wrong. */
    void heal() {
        healed = true;
    }

    /** The way a process calls it; a dead one hears nothing. */
    Upstream as(Consumer<Runnable> alive) {
        return call -> {
            CompletableFuture<Outcome> heard = new CompletableFuture<>();
            Trip trip = calls.left(call);
            travel(
                    trip,
                    outcome ->
                            alive.accept(
                                    () -> {
                                        calls.heard(trip, outcome);
                                        heard.complete(outcome);
                                    }));
            return heard;
        };
    }

    private void travel(Trip trip, Consumer<Outcome> heard) {
        Fault fault = fault();
        if (fault == Fault.NOBODY) {
            world.after(world.millis(0, 5), () -> heard.accept(lost(Outcome.Why.REFUSED, false)));
            return;
        }
        Duration latency = fault == Fault.SLOW ? world.millis(1_000, 9_000) : world.millis(50, 400);
        Duration there = world.between(Duration.ZERO, latency);
        world.after(
                there,
                () -> {
                    calls.arrived(trip);
                    if (fault == Fault.NO_ANSWER) {
                        return;
                    }
                    Outcome outcome = outcome(trip, fault);
                    world.after(latency.minus(there), () -> heard.accept(outcome));
                });
        if (fault == Fault.NO_ANSWER) {
            world.after(TIMEOUT, () -> heard.accept(lost(Outcome.Why.TIMEOUT, true)));
        }
    }

    private @Nullable Fault fault() {
        if (healed || !world.chance(0.25)) {
            return null;
        }
        Fault[] all = Fault.values();
        Fault fault = all[world.random.nextInt(all.length)];
        if (play.calm() && !fault.calm) {
            return null;
        }
        fired.merge(fault, 1, Integer::sum);
        return fault;
    }

    private Outcome outcome(Trip trip, @Nullable Fault fault) {
        if (refuses(trip)) {
            return new Outcome.Unauthorized("who is that?");
        }
        return switch (fault) {
            case FAILS -> new Outcome.Failed(Outcome.Why.STATUS, 502, null, false);
            case THROTTLED -> new Outcome.Throttled(429, retryAfter());
            case UNAVAILABLE -> new Outcome.Throttled(503, retryAfter());
            case RESET -> lost(Outcome.Why.RESET, true);
            case null, default -> {
                signed.merge(trip.message, 1, Integer::sum);
                yield new Outcome.Done(
                        new Result(200, trip.message), Map.of(Rules.TOKENS, trip.actual));
            }
        };
    }

    /** It looks at each thing that a call says of who makes it. */
    private boolean refuses(Trip trip) {
        Predicate<String> refuses =
                name ->
                        play.refused().containsKey(name)
                                && play.refused().get(name).holds(world.now());
        String key = trip.key == null ? trip.tenant : trip.key;
        boolean itsOwn = trip.own.values().values().stream().anyMatch(refuses);
        boolean refused = !healed && (itsOwn || (!Play.isAlone(trip.own) && refuses.test(key)));
        if (refused && itsOwn) {
            ownRefused++;
        }
        return refused;
    }

    /** Some say no time. */
    private @Nullable Duration retryAfter() {
        return world.chance(0.3) ? null : Duration.ofSeconds(5 + world.random.nextInt(15));
    }

    private static Outcome lost(Outcome.Why why, boolean uncertain) {
        return new Outcome.Failed(why, null, null, uncertain);
    }
}
