package dev.holdfast.app.batch;

import dev.holdfast.app.batch.BatchFile.Part;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.LineBatch;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One part of a file as a batch, whose results are written with their lines' numbers in it. */
final class SentBatch {
    private final Part part;
    private final LineBatch batch;
    private int failed;

    SentBatch(GatewayClient gateway, BatchFile file, Part part, @Nullable String anew) {
        this.part = part;
        this.batch = new LineBatch(gateway, () -> file.open(part), key(part, anew));
    }

    /**
     * Sends it, and writes what becomes of its lines; how many had no result.
     *
     * @param after the number in the file of the last line that is known
     * @throws IOException if the gateway was out of reach for long
     */
    int run(int after, ResultLines results, Progress progress)
            throws IOException, InterruptedException {
        batch.run(
                Math.max(0, after - part.before()),
                (number, line) -> {
                    line.put("line", part.before() + number);
                    results.write(line.toString());
                    boolean good = LineBatch.isGood(line);
                    failed += good ? 0 : 1;
                    progress.step(good);
                });
        return failed;
    }

    /** The key by which the same part is known again. */
    static String key(Part part, @Nullable String anew) {
        String known = "batch-" + part.before() + "-" + part.digest();
        return anew == null ? known : known + "-" + anew;
    }
}
