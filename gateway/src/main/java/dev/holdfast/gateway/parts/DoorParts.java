package dev.holdfast.gateway.parts;

import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.server.Blocking;
import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.wire.Lateness;
import dev.holdfast.http.Problem;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Clients;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every door of one gateway shares.
 *
 * @param shapes how each route's result is shown, by the route's path
 */
public record DoorParts(
        Vertx vertx,
        Engine engine,
        Map<String, ResultShape> shapes,
        Blocking reads,
        RateLimits rateLimits,
        Supplier<ClientNames> clientNames,
        Duration answerWithin,
        Lateness lateness) {

    private static final Logger LOG = LoggerFactory.getLogger(DoorParts.class);

    /** How long after {@code answer-within} the guard answers in the engine's place. */
    public static final long GUARD_MARGIN_MILLIS = 80;

    /**
     * The same after a hold that is longer than that, whose end nobody needs to the tenth of a
     * second: a busy machine has time to say where the request stands.
     */
    public static final long HELD_MARGIN_MILLIS = 2_000;

    /**
     * The part of an answer's time that a receipt takes at least: its way over the loops, and the
     * store's commit. A tenth of a second of the usual 1.8.
     */
    private static final int LEAST_PART = 18;

    /**
     * How much of the time that an answer has is gone: since the request came, at most, and what
     * the answer will wait for its event loop, as late as these are now.
     */
    public Duration gone(Exchange exchange) {
        Duration age = exchange.age();
        return age.plusNanos(lateness.ofNanos(answerWithin.minus(age).toNanos()));
    }

    /**
     * Refuses what came so late that not even a receipt would leave in time, and counts it; also if
     * so many wait behind it that the last of them would not even be refused in time.
     *
     * @return whether it was refused
     */
    public boolean isTooLate(Exchange exchange, Duration gone) {
        Duration left = answerWithin.minus(gone).minus(exchange.behind());
        if (left.compareTo(answerWithin.dividedBy(LEAST_PART)) >= 0) {
            return false;
        }
        lateness.refused();
        exchange.problem(Problem.tooBusy());
        return true;
    }

    /** Requests as JSON, with the links that whoever asks can follow. */
    public RequestJson json(Exchange exchange) {
        return new RequestJson(shapes, exchange.base());
    }

    /** Reads, where that may block, for an exchange that must be answered in time. */
    public <T> void read(Exchange exchange, Supplier<T> blocking, Consumer<T> then) {
        guard(exchange);
        CompletionStage<T> read =
                exchange.isByKey()
                        ? reads.read(exchange.caller().client(), blocking)
                        : reads.read(blocking);
        exchange.when(read, then);
    }

    /**
     * Remembers what an operator did, and answers then. What callers do to their own requests is no
     * operator's act: the requests tell it.
     *
     * @param what in a word
     * @param target to what
     */
    public void acted(Exchange exchange, String what, String target, Runnable answer) {
        if (!exchange.caller().viewer().all()) {
            answer.run();
            return;
        }
        String who = clientNames.get().of(exchange.caller().client());
        LOG.atInfo()
                .addKeyValue("http_request_id", exchange.id())
                .log("{}: {} {}", who, what, target);
        var act = new Clients.NewAct(who, what, target);
        exchange.when(
                reads.read(
                                () -> {
                                    engine.store().clients().remember(act);
                                    return true;
                                })
                        .exceptionally(
                                error -> {
                                    LOG.error("not in the audit: {}", act, error);
                                    return false;
                                }),
                _ -> answer.run());
    }

    /** Answers for whoever is late. */
    public void guard(Exchange exchange) {
        guard(exchange, Problem::storeSilent);
    }

    /** Answers so for whoever is late; the earlier, the later the event loops are. */
    public void guard(Exchange exchange, Supplier<Problem> late) {
        Duration within = answerWithin.plusMillis(GUARD_MARGIN_MILLIS);
        exchange.guard(within.minusNanos(lateness.nowNanos()).toMillis(), late);
    }
}
