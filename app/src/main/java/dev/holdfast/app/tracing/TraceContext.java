package dev.holdfast.app.tracing;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The traceparent header of W3C Trace Context, level 1, section 3.2. */
final class TraceContext {
    /** Longest header that is looked at, in characters. */
    private static final int MAX_CHARS = 256;

    /** A later version may go on after the flags; version ff is invalid. */
    private static final Pattern TRACEPARENT =
            Pattern.compile(
                    "(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private TraceContext() {}

    /** The context it names, or null if it names none. */
    static @Nullable SpanContext parse(@Nullable String traceparent) {
        if (traceparent == null || traceparent.length() > MAX_CHARS) {
            return null;
        }
        Matcher parts = TRACEPARENT.matcher(traceparent.strip());
        if (!parts.matches() || (parts.group(1).equals("00") && parts.group(5) != null)) {
            return null;
        }
        SpanContext context =
                SpanContext.createFromRemoteParent(
                        parts.group(2),
                        parts.group(3),
                        TraceFlags.fromHex(parts.group(4), 0),
                        TraceState.getDefault());
        return context.isValid() ? context : null;
    }

    static String write(SpanContext context) {
        return "00-"
                + context.getTraceId()
                + "-"
                + context.getSpanId()
                + "-"
                + (context.isSampled() ? "01" : "00");
    }
}
