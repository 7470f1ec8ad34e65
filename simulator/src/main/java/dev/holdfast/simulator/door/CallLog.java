package dev.holdfast.simulator.door;

import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A JSON line for each call: when it arrived, by the wall clock and since start, and the rest. */
public final class CallLog {
    private static final int MAX_SUBJECT_CHARS = 200;

    private final @Nullable Consumer<String> lines;
    private final long start;
    private final long startMillis = System.currentTimeMillis();

    public CallLog(@Nullable Consumer<String> lines, long start) {
        this.lines = lines;
        this.start = start;
    }

    /**
     * Logs a call that arrived then; {@code more} fills the line, and is not asked without a log.
     */
    public void call(long arrived, Consumer<JsonObject> more) {
        if (lines == null) {
            return;
        }
        double since = Math.round((arrived - start) / 1e3) / 1e3;
        var line = new JsonObject().put("at", startMillis + (long) since).put("ms", since);
        more.accept(line);
        lines.accept(line.encode());
    }

    public static String name(Fault fault) {
        return fault.mode().name().toLowerCase(Locale.ROOT);
    }

    public static String shorten(String subject) {
        return subject.length() <= MAX_SUBJECT_CHARS
                ? subject
                : subject.substring(0, MAX_SUBJECT_CHARS) + "…";
    }
}
