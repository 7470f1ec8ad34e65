package dev.holdfast.app.sign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.app.sign.GatewayClient.Reply;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lines as one batch of a gateway: sent, again with their key if the connection breaks, and
 * followed until each line's result is there. What can pass (a restart of the gateway) is waited
 * out.
 */
public final class LineBatch {
    /** Lines that a gateway takes in one batch. */
    public static final int MAX_LINES = 100_000;

    /** How long the gateway may be out of reach before it is given up. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final long FIRST_LOOK_MILLIS = 50;
    private static final long LONGEST_LOOK_MILLIS = 1_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final GatewayClient gateway;
    private final GatewayClient.Lines lines;
    private final String key;

    /**
     * @param key the Idempotency-Key by which the same lines are known again
     */
    public LineBatch(GatewayClient gateway, GatewayClient.Lines lines, String key) {
        this.gateway = gateway;
        this.lines = lines;
        this.key = key;
    }

    /** Something that is asked of the gateway. */
    private interface Asked<T> {
        T ask() throws IOException, InterruptedException;
    }

    /** Hears of each line, in order. */
    @FunctionalInterface
    public interface Results {
        /**
         * What became of a line.
         *
         * @param number from 1
         * @param result what the gateway tells of it, {@code line} among it
         */
        void of(int number, ObjectNode result);
    }

    /**
     * Sends them, and tells what becomes of each.
     *
     * @param after the number of the last line that is known
     * @throws IOException if the gateway was out of reach for {@link #PATIENCE}
     * @throws Failure if the gateway does not take them
     */
    public void run(int after, Results results) throws IOException, InterruptedException {
        String id = sent();
        Integer cursor = after;
        long pause = FIRST_LOOK_MILLIS;
        while (cursor != null) {
            int from = cursor;
            GatewayClient.Page page =
                    patiently(() -> gateway.page("/v1/batches/" + id + "/results", from));
            for (String text : page.lines()) {
                JsonNode read = JSON.readTree(text);
                if (!(read instanceof ObjectNode line) || !line.path("line").isInt()) {
                    throw new IOException("what answers is not a gateway's result");
                }
                results.of(line.path("line").asInt(), line);
            }
            cursor = page.next();
            if (cursor != null && page.lines().isEmpty()) {
                TimeUnit.MILLISECONDS.sleep(pause);
                pause = Math.min(2 * pause, LONGEST_LOOK_MILLIS);
            } else {
                pause = FIRST_LOOK_MILLIS;
            }
        }
    }

    /** Whether a line has its result. */
    public static boolean isGood(JsonNode result) {
        return result.path("status").asText().equals("succeeded");
    }

    private String sent() throws IOException, InterruptedException {
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            Reply reply = patiently(() -> gateway.sendLines("/v1/batches", lines, key));
            if (reply.status() == 202) {
                return reply.text("id");
            }
            if (reply.status() != 429 && reply.status() != 503) {
                throw Failure.failed(
                        "holdfast: the gateway does not take the file: " + reply.problem());
            }
            pause = rest(pause, reply.retryAfter());
        }
    }

    private static <T> T patiently(Asked<T> asked) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return asked.ask();
            } catch (IOException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                pause = rest(pause, 0);
            }
        }
    }

    private static long rest(long pause, int retryAfterSeconds) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(pause, retryAfterSeconds * 1_000L));
        return Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
    }
}
