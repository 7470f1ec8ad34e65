package dev.holdfast.app.sign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gets one message's result out of a gateway, however long it takes: asks, takes the receipt,
 * follows it with long polls. What can pass (a full queue, a restart of the gateway) is waited out.
 */
public final class Signing {
    /** How long the gateway may be out of reach before it is given up. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    /** What the answer to an ask has beside its route's result. */
    private static final Set<String> BESIDE =
            Set.of(
                    "id",
                    "status",
                    "attempts",
                    "created_at",
                    "completed_at",
                    "expires_at",
                    "client_request_id");

    private final GatewayClient gateway;
    private final String route;
    private final @Nullable URI webhook;

    /** How a message ended. */
    public sealed interface Ended {
        /**
         * It has its result.
         *
         * @param field what the route calls its result
         * @param result any JSON
         */
        record Signed(String id, String field, JsonNode result, int attempts) implements Ended {}

        /** It never will. */
        record Refused(String why) implements Ended {}
    }

    public Signing(GatewayClient gateway, String route) {
        this(gateway, route, null);
    }

    /**
     * @param webhook told of each end, or null
     */
    public Signing(GatewayClient gateway, String route, @Nullable URI webhook) {
        this.gateway = gateway;
        this.route = route;
        this.webhook = webhook;
    }

    /**
     * Waits for the end; blocking.
     *
     * @throws IOException if the gateway was out of reach for {@link #PATIENCE}
     * @throws Failure if the gateway refuses every message: the key, the route
     */
    public Ended sign(String message) throws IOException, InterruptedException {
        return follow(message, UUID.randomUUID().toString(), null);
    }

    /**
     * As {@link #sign}, for a message that was asked for already.
     *
     * @param once the Idempotency-Key that it was asked with, and is if it has to be again
     */
    public Ended follow(String message, String once, GatewayClient.@Nullable Reply first)
            throws IOException, InterruptedException {
        String id = "";
        long pause = FIRST_PAUSE_MILLIS;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        GatewayClient.Reply reply = first;
        while (true) {
            if (reply == null) {
                try {
                    reply = next(message, id, once);
                } catch (IOException e) {
                    if (System.nanoTime() > deadline) {
                        throw e;
                    }
                    pause = rest(pause, 0);
                    continue;
                }
            }
            deadline = System.nanoTime() + PATIENCE.toNanos();
            switch (reply.text("status")) {
                case "succeeded", "failed", "expired", "cancelled" -> {
                    return ended(reply.body());
                }
                case "scheduled", "queued", "running", "retrying" -> {
                    id = reply.text("id");
                    pause = FIRST_PAUSE_MILLIS;
                }
                default -> {
                    if (reply.status() == 404 && !id.isEmpty()) {
                        id = ""; // pruned before we looked: ask again, it is cached
                    } else if (ended(reply) || (reply.status() != 429 && reply.status() < 500)) {
                        return refused(reply);
                    }
                    pause = rest(pause, reply.retryAfter());
                }
            }
            reply = null;
        }
    }

    /** An ask whose answer was lost is repeated with its key, so that it stays one call. */
    private GatewayClient.Reply next(String message, String id, String once)
            throws IOException, InterruptedException {
        return id.isEmpty()
                ? gateway.ask(route, "message", message, webhook, once)
                : gateway.get("/v1/requests/" + id, "wait=30");
    }

    private static long rest(long pause, int retryAfterSeconds) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(pause, retryAfterSeconds * 1000L));
        return Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
    }

    /**
     * Whether it is the end of the request itself, as a problem: that names the request. So does
     * one that says that nobody knows whether it was kept: it is to be asked again.
     */
    private static boolean ended(GatewayClient.Reply reply) {
        return reply.status() != 503
                && reply.body().has("id")
                && reply.text("type").contains("/problems/");
    }

    /** What the gateway says to this message; what it would say to all of them ends the command. */
    private Ended refused(GatewayClient.Reply reply) {
        gateway.check(reply);
        if (reply.status() == 404 || reply.status() == 405) {
            throw Failure.usage(
                    "holdfast: the gateway at "
                            + gateway.url()
                            + " has no route "
                            + route
                            + " that takes a message by POST; name one of its routes with --route");
        }
        String said = reply.text("upstream_body").strip();
        return new Ended.Refused(said.isEmpty() ? reply.problem() : reply.problem() + ": " + said);
    }

    /** How a message ended, by its request as it is followed. */
    static Ended ended(JsonNode request) {
        return request.path("status").asText().equals("succeeded")
                ? signed(request)
                : new Ended.Refused(failure(request));
    }

    private static Ended.Signed signed(JsonNode request) {
        JsonNode followed = request.path("result");
        boolean nested = followed.isObject() && request.has("route");
        Map.Entry<String, JsonNode> result =
                (nested ? followed : request)
                        .properties().stream()
                                .filter(field -> nested || !BESIDE.contains(field.getKey()))
                                .findFirst()
                                .orElse(Map.entry("result", NullNode.getInstance()));
        return new Ended.Signed(
                request.path("id").asText(),
                result.getKey(),
                result.getValue(),
                request.path("attempts").asInt());
    }

    private static String failure(JsonNode request) {
        JsonNode failure = request.path("failure");
        String reason = failure.path("reason").asText(request.path("status").asText());
        String body =
                failure.path("upstream_body").asText(failure.path("detail").asText("")).strip();
        return body.isEmpty() ? reason : reason + ": " + body;
    }
}
