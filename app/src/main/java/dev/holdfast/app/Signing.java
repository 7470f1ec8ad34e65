package dev.holdfast.app;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gets one message's result out of a gateway, however long it takes: asks, takes the receipt,
 * follows it with long polls. What can pass (a full queue, a restart of the gateway) is waited out.
 */
final class Signing {
    /** How long the gateway may be out of reach before it is given up. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    private final GatewayClient gateway;
    private final String route;

    /** How a message ended. */
    sealed interface Ended {
        /** It has its result. */
        record Signed(String id, String result, int attempts) implements Ended {}

        /** It never will. */
        record Refused(String why) implements Ended {}
    }

    Signing(GatewayClient gateway, String route) {
        this.gateway = gateway;
        this.route = route;
    }

    /**
     * Waits for the end; blocking.
     *
     * @throws IOException if the gateway was out of reach for {@link #PATIENCE}
     */
    Ended sign(String message) throws IOException, InterruptedException {
        return follow(message, null);
    }

    /** As {@link #sign}, for a message that was asked for already. */
    Ended follow(String message, GatewayClient.@Nullable Reply first)
            throws IOException, InterruptedException {
        String id = "";
        long pause = FIRST_PAUSE_MILLIS;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        GatewayClient.Reply reply = first;
        while (true) {
            if (reply == null) {
                try {
                    reply = next(message, id);
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
                case "succeeded" -> {
                    return signed(reply);
                }
                case "failed", "expired", "cancelled" -> {
                    return new Ended.Refused(failure(reply));
                }
                case "queued", "running", "retrying" -> {
                    id = reply.text("id");
                    pause = FIRST_PAUSE_MILLIS;
                }
                default -> {
                    if (reply.status() == 404 && !id.isEmpty()) {
                        id = ""; // pruned before we looked: ask again, it is cached
                    } else if (reply.status() != 429 && reply.status() < 500) {
                        return new Ended.Refused(reply.problem());
                    }
                    pause = rest(pause, reply.retryAfter());
                }
            }
            reply = null;
        }
    }

    private GatewayClient.Reply next(String message, String id)
            throws IOException, InterruptedException {
        return id.isEmpty()
                ? gateway.ask(route, "message", message, null)
                : gateway.get("/v1/requests/" + id, "wait=30");
    }

    private static long rest(long pause, int retryAfterSeconds) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(pause, retryAfterSeconds * 1000L));
        return Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
    }

    private static Ended.Signed signed(GatewayClient.Reply reply) {
        String result = reply.text("signature");
        if (result.isEmpty()) {
            result = reply.body().path("result").path("signature").asText("");
        }
        return new Ended.Signed(reply.text("id"), result, reply.body().path("attempts").asInt());
    }

    private static String failure(GatewayClient.Reply reply) {
        var failure = reply.body().path("failure");
        String reason = failure.path("reason").asText(reply.text("status"));
        String body =
                failure.path("upstream_body").asText(failure.path("detail").asText("")).strip();
        return body.isEmpty() ? reason : reason + ": " + body;
    }
}
