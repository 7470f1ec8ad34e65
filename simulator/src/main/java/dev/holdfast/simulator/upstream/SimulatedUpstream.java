package dev.holdfast.simulator.upstream;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.door.CallLog;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Door;
import dev.holdfast.simulator.door.Exchange;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.door.Listen;
import dev.holdfast.simulator.door.Reply;
import dev.holdfast.simulator.door.Simulator;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The signing API as it was recorded: {@code GET /}, {@code /crypto/sign}, {@code /crypto/verify},
 * slow, failing half of all messages for minutes and refusing more than ten calls a minute. Beside
 * them {@code POST /v1/echo-json}, an API in JSON under the same quota and degradation, and {@code
 * GET /_public-key}.
 */
public final class SimulatedUpstream implements Simulator {
    private static final String DEGRADED =
            "Error 502: Failed to sign message due to simulated service degradation.\n";

    /**
     * The figures.
     *
     * @param listen where
     * @param key the Authorization that is asked for; null = any or none will do
     * @param signingKey what it signs with
     * @param limit calls a window over all paths but {@code /}
     * @param degradation which messages fail, and for how long
     * @param latency how long answers take
     * @param fault what is broken at start
     * @param log takes a JSON line for each call; null = none
     */
    public record Options(
            Listen listen,
            @Nullable String key,
            ApiKeyPair signingKey,
            Limit limit,
            Degradation degradation,
            Latency latency,
            Fault fault,
            @Nullable Consumer<String> log) {

        public Options {
            Bounds.key(key);
        }

        /** The recorded figures, for any key, on any port of loopback, without a log. */
        public static Options recorded(long seed) {
            return new Options(
                    Listen.ANYWHERE,
                    null,
                    ApiKeyPair.seeded(seed),
                    Limit.TEN_A_MINUTE,
                    Degradation.recorded(seed),
                    Latency.RECORDED,
                    Fault.NONE,
                    null);
        }

        /** No quota, no failures, no latency: for load. */
        public static Options unlimited(long seed) {
            return recorded(seed).unlimited();
        }

        /** The same without quota, failures and latency. */
        public Options unlimited() {
            return limit(Limit.NONE).degradation(Degradation.NONE).latency(Latency.NONE);
        }

        /** The quota's window and the recovery shorter by this factor, the latency as it is. */
        public Options faster(double speed) {
            return limit(limit.faster(speed)).degradation(degradation.faster(speed));
        }

        /** The same on another address. */
        public Options listen(Listen other) {
            return new Options(other, key, signingKey, limit, degradation, latency, fault, log);
        }

        /** The same asking for a key. */
        public Options key(@Nullable String other) {
            return new Options(listen, other, signingKey, limit, degradation, latency, fault, log);
        }

        /** The same with another quota. */
        public Options limit(Limit other) {
            return new Options(listen, key, signingKey, other, degradation, latency, fault, log);
        }

        /** The same with other failures. */
        public Options degradation(Degradation other) {
            return new Options(listen, key, signingKey, limit, other, latency, fault, log);
        }

        /** The same with another latency. */
        public Options latency(Latency other) {
            return new Options(listen, key, signingKey, limit, degradation, other, fault, log);
        }

        /** The same, logging. */
        public Options log(@Nullable Consumer<String> other) {
            return new Options(listen, key, signingKey, limit, degradation, latency, fault, other);
        }
    }

    private final Vertx vertx;
    private final Options options;
    private final Door door;
    private final Limit.Gate gate;
    private final CallLog log;
    private final SignedMessages messages = new SignedMessages();
    private final RandomGenerator chance;
    private final long start = System.nanoTime();

    private long calls;
    private long refused;
    private long degraded;
    private long spoilt;
    private long unauthorized;

    public SimulatedUpstream(Vertx vertx, Options options) {
        this.vertx = vertx;
        this.options = options;
        this.gate = options.limit.gate();
        this.log = new CallLog(options.log, start);
        this.chance =
                RandomGeneratorFactory.of("L64X128MixRandom").create(options.degradation.seed());
        this.door = new Door(vertx, options.listen, options.fault, new Rooms());
    }

    /**
     * Listens. Not to be called on an event loop.
     *
     * @throws IllegalStateException if it cannot, with the reason
     */
    public SimulatedUpstream start() {
        door.open();
        return this;
    }

    @Override
    public void close() {
        door.close();
    }

    @Override
    public int port() {
        return door.port();
    }

    @Override
    public URI uri() {
        return URI.create("http://" + options.listen.authority(port()));
    }

    /** Breaks it, or heals it with {@link Fault#NONE}. Not to be called on an event loop. */
    public void fault(Fault fault) {
        door.command(fault);
    }

    /**
     * What {@code GET /_stats} says: calls, worst_window, refused, degraded, spoilt, unauthorized,
     * messages, signatures, signed_messages, max_signatures_per_message; with {@code each}, every
     * message's calls, signatures and first_call_ms.
     */
    public JsonObject stats(boolean each) {
        return door.ask(() -> collect(each));
    }

    private JsonObject collect(boolean each) {
        var stats =
                new JsonObject()
                        .put("calls", calls)
                        .put("worst_window", gate.worst())
                        .put("window_ms", options.limit.window().toMillis())
                        .put("limit", options.limit.calls())
                        .put("refused", refused)
                        .put("degraded", degraded)
                        .put("spoilt", spoilt)
                        .put("unauthorized", unauthorized);
        messages.putStats(stats, each, start);
        return stats;
    }

    private final class Rooms implements Door.House {
        @Override
        public JsonObject stats(HttpServerRequest request) {
            return collect("true".equals(request.getParam("each")));
        }

        @Override
        public void call(HttpServerRequest request) {
            var call = new Call(request, System.nanoTime());
            if (request.path().equals("/_public-key")) {
                send(call, Reply.text(200, options.signingKey.publicPem()), Fault.NONE);
            } else if (!allowed(request)) {
                unauthorized++;
                finish(call, "", Reply.text(401, "Error 401: Unauthorized\n"), 1);
            } else {
                route(call);
            }
        }
    }

    private record Call(HttpServerRequest request, long arrived) {}

    private boolean allowed(HttpServerRequest request) {
        return options.key == null || options.key.equals(request.getHeader("Authorization"));
    }

    private void route(Call call) {
        switch (call.request.path()) {
            case "/" -> finish(call, "", Reply.text(200, "Hello!\n"), 1);
            case "/crypto/sign" -> limited(call, () -> sign(call));
            case "/crypto/verify" -> limited(call, () -> verify(call));
            case "/v1/echo-json" -> limited(call, () -> echo(call));
            default -> finish(call, "", Reply.text(404, "Error 404: Not found\n"), 1);
        }
    }

    private void limited(Call call, Runnable work) {
        calls++;
        if (gate.admit(call.arrived)) {
            work.run();
            return;
        }
        refused++;
        var answer = Reply.text(429, "Error 429: Too many requests.\n");
        if (options.limit.retryAfter()) {
            var seconds = String.valueOf(gate.retryAfterSeconds(call.arrived));
            answer = answer.with(Map.of("Retry-After", seconds));
        }
        finish(call, call.request.getParam("message", ""), answer, 1);
    }

    private void sign(Call call) {
        var message = call.request.getParam("message", "");
        if (message.isEmpty()) {
            finish(call, "", Reply.text(400, "Must specify a message."), 1);
            return;
        }
        perform(
                call,
                message,
                Reply.text(502, DEGRADED),
                () -> Reply.text(200, options.signingKey.sign(message)));
    }

    private void verify(Call call) {
        var message = call.request.getParam("message", "");
        var signature = call.request.getParam("signature", "");
        Reply answer;
        if (message.isEmpty()) {
            answer = Reply.text(400, "Must specify a message.");
        } else if (signature.isEmpty()) {
            answer = Reply.text(400, "Must specify a signature.");
        } else if (options.signingKey.verifies(message, signature)) {
            answer = Reply.text(200, "Signature verified as valid!");
        } else {
            answer = Reply.text(400, "Error 400: Invalid signature for message!\n");
        }
        finish(call, message, answer, 1);
    }

    private void echo(Call call) {
        if (!HttpMethod.POST.equals(call.request.method())) {
            finish(call, "", Reply.json(405, "{\"error\":\"POST it\"}"), 1);
            return;
        }
        Door.body(call.request).onSuccess(body -> echo(call, body));
    }

    private void echo(Call call, Buffer body) {
        Object said;
        try {
            said = Json.decodeValue(body);
        } catch (DecodeException e) {
            finish(call, "", Reply.json(400, "{\"error\":\"this is not JSON\"}"), 1);
            return;
        }
        var subject = body.toString();
        var down = new JsonObject().put("error", "simulated service degradation");
        perform(
                call,
                subject,
                Reply.json(502, down),
                () -> Reply.json(200, echoed(said, options.signingKey.sign(subject))));
    }

    private static JsonObject echoed(@Nullable Object said, String signature) {
        return new JsonObject().put("echo", said).put("signature", signature);
    }

    /** Does what is asked of a subject, or fails while that is degraded. */
    private void perform(Call call, String subject, Reply failure, Supplier<Reply> work) {
        var entry = messages.called(subject, call.arrived);
        var recovery = options.degradation.recovery(subject).toNanos();
        if (call.arrived - entry.firstCall < recovery) {
            degraded++;
            finish(call, subject, failure, entry.calls);
            return;
        }
        var signed = entry.signed;
        if (signed == null) {
            signed = work.get();
            entry.signed = signed;
        }
        if (finish(call, subject, signed, entry.calls)) {
            messages.signed(entry);
        }
    }

    /** Answers; returns whether the answer was not lost in a fault. */
    private boolean finish(Call call, String subject, Reply answer, int nth) {
        var fault = door.fault().spoils(nth) ? door.fault() : Fault.NONE;
        boolean whole = fault.mode() == Fault.Mode.NONE || fault.mode() == Fault.Mode.SLOW;
        if (!whole) {
            spoilt++;
        }
        var delay = send(call, answer, fault);
        log.call(
                call.arrived,
                line ->
                        line.put("path", call.request.path())
                                .put("message", CallLog.shorten(subject))
                                .put("status", answer.status())
                                .put("latency_ms", delay.toMillis())
                                .put("fault", CallLog.name(fault)));
        return whole;
    }

    private Duration send(Call call, Reply answer, Fault fault) {
        var delay = options.latency.at(chance.nextDouble());
        new Exchange(vertx, call.request).send(answer, delay, fault);
        return delay;
    }
}
