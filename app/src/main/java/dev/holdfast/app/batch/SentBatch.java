package dev.holdfast.app.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.app.batch.BatchFile.Part;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayClient.Reply;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One part of a file as a batch: sent, again with its key if the line breaks, and followed until
 * each line's result is there. What can pass (a restart of the gateway) is waited out.
 */
final class SentBatch {
    /** How long the gateway may be out of reach before it is given up. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final long LOOK_MILLIS = 1_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final GatewayClient gateway;
    private final BatchFile file;
    private final Part part;
    private final String key;

    SentBatch(GatewayClient gateway, BatchFile file, Part part, String key) {
        this.gateway = gateway;
        this.file = file;
        this.part = part;
        this.key = key;
    }

    /** Something that is asked of the gateway. */
    private interface Asked<T> {
        T ask() throws IOException, InterruptedException;
    }

    /**
     * Sends it, and writes what becomes of its lines; how many had no result.
     *
     * @param after the number in the file of the last line that is known
     * @throws IOException if the gateway was out of reach for {@link #PATIENCE}
     * @throws Failure if the gateway does not take it
     */
    int run(int after, ResultLines results, Progress progress)
            throws IOException, InterruptedException {
        String id = sent();
        int failed = 0;
        Integer cursor = Math.max(0, after - part.before());
        while (cursor != null) {
            int from = cursor;
            GatewayClient.Page page =
                    patiently(() -> gateway.page("/v1/batches/" + id + "/results", from));
            for (String line : page.lines()) {
                failed += tell(line, results, progress) ? 0 : 1;
            }
            cursor = page.next();
            if (cursor != null && page.lines().isEmpty()) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
        return failed;
    }

    private String sent() throws IOException, InterruptedException {
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            Reply reply =
                    patiently(() -> gateway.sendLines("/v1/batches", () -> file.open(part), key));
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

    private <T> T patiently(Asked<T> asked) throws IOException, InterruptedException {
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

    /** Writes a result with its line's number in the file; whether it is one. */
    private boolean tell(String text, ResultLines results, Progress progress) throws IOException {
        JsonNode read = JSON.readTree(text);
        if (!(read instanceof ObjectNode line) || !line.path("line").isInt()) {
            throw new IOException("what answers is not a gateway's result");
        }
        line.put("line", part.before() + line.path("line").asInt());
        results.write(line.toString());
        boolean good = line.path("status").asText().equals("succeeded");
        progress.step(good);
        return good;
    }

    /** The key by which the same part is known again. */
    static String key(Part part, @Nullable String anew) {
        String known = "batch-" + part.before() + "-" + part.digest();
        return anew == null ? known : known + "-" + anew;
    }
}
