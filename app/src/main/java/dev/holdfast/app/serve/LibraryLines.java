package dev.holdfast.app.serve;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps what libraries say from filling the log: they say something of much that a stranger sends,
 * as often as it is sent. The first few lines within a while are written, and with the next one
 * after it how many more there were. Lines of our own have bounds of their own. Safe for use by
 * many threads.
 */
final class LibraryLines extends TurboFilter {
    /** Lines of all libraries within {@link #WHILE} at most, but for the one that sums up. */
    static final int MOST = 20;

    /** After how long it begins anew. */
    static final Duration WHILE = Duration.ofSeconds(10);

    private static final String OURS = "dev.holdfast";
    private static final org.slf4j.Logger LOG =
            org.slf4j.LoggerFactory.getLogger(LibraryLines.class);

    private final LongSupplier nanoTime;
    private long sinceNanos;
    private long told;
    private long untold;

    LibraryLines(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        sinceNanos = nanoTime.getAsLong();
    }

    @Override
    public FilterReply decide(
            Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object[] values,
            @Nullable Throwable thrown) {
        boolean line = format != null || thrown != null; // else it is asked whether there may be
        if (!line
                || logger.getName().startsWith(OURS)
                || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
            return FilterReply.NEUTRAL;
        }
        long more;
        synchronized (this) {
            long now = nanoTime.getAsLong();
            more = 0;
            if (now - sinceNanos >= WHILE.toNanos()) {
                more = untold;
                sinceNanos = now;
                told = 0;
                untold = 0;
            }
            if (told == MOST) {
                untold++;
                return FilterReply.DENY;
            }
            told++;
        }
        if (more > 0) {
            LOG.warn("{} more lines of libraries were not written", more);
        }
        return FilterReply.NEUTRAL;
    }
}
