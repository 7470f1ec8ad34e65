package dev.holdfast.bench.store;

import io.vertx.core.json.JsonObject;
import java.util.BitSet;
import java.util.function.Consumer;

/** What an upstream's log tells of the lines of batches: which of them it was called for. */
final class LineTally implements Consumer<String> {
    private static final String STEM = "batch ";

    private final int lines;
    private final BitSet called;
    private long calls;

    /**
     * Of batches of so many lines each.
     *
     * @param batches how many
     */
    LineTally(int batches, int lines) {
        this.lines = lines;
        called = new BitSet(batches * lines);
    }

    /** What the messages of a batch begin with. */
    static String stem(int batch) {
        return STEM + batch;
    }

    @Override
    public synchronized void accept(String call) {
        String message = new JsonObject(call).getString("message");
        int space = message.lastIndexOf(' ');
        int batch = Integer.parseInt(message.substring(STEM.length(), space));
        calls++;
        called.set(batch * lines + Integer.parseInt(message.substring(space + 1)) - 1);
    }

    /** Lines that it was called for. */
    synchronized long lines() {
        return called.cardinality();
    }

    /** Its calls. */
    synchronized long calls() {
        return calls;
    }
}
