package dev.holdfast.simulator.receiver;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.door.CallLog;
import dev.holdfast.simulator.door.Door;
import dev.holdfast.simulator.door.Exchange;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latest;
import dev.holdfast.simulator.door.Listen;
import dev.holdfast.simulator.door.Reply;
import dev.holdfast.simulator.door.Simulator;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Somebody's webhook endpoint, on every path: verifies what it is sent, counts it by webhook-id,
 * and answers well or as badly as it is told to.
 */
public final class SimulatedReceiver implements Simulator {
    /** Beyond this many ids the eldest is forgotten. */
    public static final int MAX_IDS = 1_000_000;

    /**
     * The figures.
     *
     * @param listen where
     * @param verifier what makes a webhook genuine; one that is not is answered 401
     * @param status the answer to a genuine one
     * @param latency how long answers take
     * @param fault what is broken at start; its {@code first} counts tries for a webhook-id
     * @param log takes a JSON line for each post; null = none
     */
    public record Options(
            Listen listen,
            WebhookVerifier verifier,
            int status,
            Duration latency,
            Fault fault,
            @Nullable Consumer<String> log) {

        public Options {
            Bounds.status("status", status);
            Bounds.time("latency", latency, Bounds.LONGEST_ANSWER);
        }

        /** Answers 204 at once to what the verifier passes, on any port, without a log. */
        public static Options of(WebhookVerifier verifier) {
            return new Options(Listen.ANYWHERE, verifier, 204, Duration.ZERO, Fault.NONE, null);
        }

        /** The same, broken from the start. */
        public Options fault(Fault other) {
            return new Options(listen, verifier, status, latency, other, log);
        }

        /** The same, logging. */
        public Options log(@Nullable Consumer<String> other) {
            return new Options(listen, verifier, status, latency, fault, other);
        }
    }

    private static final class Webhook {
        String type = "";
        String request = "";
        int posts;
        int accepted;
    }

    private final Vertx vertx;
    private final Options options;
    private final Door door;
    private final CallLog log;
    private final Latest<Webhook> webhooks = new Latest<>(MAX_IDS);
    private long posts;
    private long accepted;
    private long notGenuine;
    private long spoilt;

    public SimulatedReceiver(Vertx vertx, Options options) {
        this.vertx = vertx;
        this.options = options;
        this.log = new CallLog(options.log, System.nanoTime());
        this.door = new Door(vertx, options.listen, options.fault, new House());
    }

    /**
     * Listens. Not to be called on an event loop.
     *
     * @throws IllegalStateException if it cannot, with the reason
     */
    public SimulatedReceiver start() {
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
        return URI.create("http://" + options.listen.authority(port()) + "/hook");
    }

    /** Breaks it, or heals it with {@link Fault#NONE}. Not to be called on an event loop. */
    public void fault(Fault fault) {
        door.command(fault);
    }

    /**
     * What {@code GET /_stats} says: posts, accepted (answered 2xx), not_genuine, spoilt, webhooks
     * (different ids), accepted_webhooks, accepted_twice; with {@code each}, every id's type,
     * request, posts and accepted.
     */
    public JsonObject stats(boolean each) {
        return door.ask(() -> collect(each));
    }

    private JsonObject collect(boolean each) {
        var stats =
                new JsonObject()
                        .put("posts", posts)
                        .put("accepted", accepted)
                        .put("not_genuine", notGenuine)
                        .put("spoilt", spoilt)
                        .put("webhooks", webhooks.size())
                        .put("accepted_webhooks", count(1))
                        .put("accepted_twice", count(2));
        if (each) {
            var all = new JsonObject();
            webhooks.forEach((id, webhook) -> all.put(id, describe(webhook)));
            stats.put("each", all);
        }
        return stats;
    }

    private long count(int timesAccepted) {
        return webhooks.values().stream().filter(w -> w.accepted >= timesAccepted).count();
    }

    private static JsonObject describe(Webhook webhook) {
        return new JsonObject()
                .put("type", webhook.type)
                .put("request", webhook.request)
                .put("posts", webhook.posts)
                .put("accepted", webhook.accepted);
    }

    private final class House implements Door.House {
        @Override
        public JsonObject stats(HttpServerRequest request) {
            return collect("true".equals(request.getParam("each")));
        }

        @Override
        public void call(HttpServerRequest request) {
            long arrived = System.nanoTime();
            Door.body(request).onSuccess(body -> receive(request, arrived, body));
        }
    }

    private void receive(HttpServerRequest request, long arrived, Buffer body) {
        posts++;
        var id = request.getHeader("webhook-id");
        var mistake = check(request, id, body.getBytes());
        if (mistake != null || id == null) {
            notGenuine++;
            var said = Reply.text(401, mistake + "\n");
            answer(request, arrived, said, Fault.NONE, new Webhook(), String.valueOf(id), mistake);
            return;
        }
        var webhook = webhooks.computeIfAbsent(id, _ -> read(body));
        webhook.posts++;
        var fault = door.fault().spoils(webhook.posts) ? door.fault() : Fault.NONE;
        if (fault.mode() == Fault.Mode.NONE || fault.mode() == Fault.Mode.SLOW) {
            if (options.status / 100 == 2) {
                webhook.accepted++;
                accepted++;
            }
        } else {
            spoilt++;
        }
        answer(request, arrived, Reply.text(options.status, ""), fault, webhook, id, null);
    }

    private @Nullable String check(HttpServerRequest request, @Nullable String id, byte[] body) {
        if (!HttpMethod.POST.equals(request.method())) {
            return "a webhook is posted, not " + request.method();
        }
        return options.verifier
                .mistake(
                        id,
                        request.getHeader("webhook-timestamp"),
                        request.getHeader("webhook-signature"),
                        body,
                        Instant.now())
                .orElse(null);
    }

    private static Webhook read(Buffer body) {
        var webhook = new Webhook();
        try {
            var json = body.toJsonObject();
            webhook.type = json.getString("type", "");
            var data = json.getJsonObject("data");
            webhook.request = data == null ? "" : data.getString("id", "");
        } catch (RuntimeException unknownShape) {
            webhook.type = "unreadable";
        }
        return webhook;
    }

    private void answer(
            HttpServerRequest request,
            long arrived,
            Reply answer,
            Fault fault,
            Webhook webhook,
            String id,
            @Nullable String mistake) {
        new Exchange(vertx, request).send(answer, options.latency, fault);
        log.call(
                arrived,
                line -> {
                    line.put("webhook_id", id)
                            .put("type", webhook.type)
                            .put("request", webhook.request)
                            .put("try", webhook.posts)
                            .put("target", CallLog.shorten(request.uri()))
                            .put("genuine", mistake == null)
                            .put("status", answer.status())
                            .put("fault", CallLog.name(fault));
                    if (mistake != null) {
                        line.put("mistake", mistake);
                    }
                });
    }
}
