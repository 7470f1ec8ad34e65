package dev.holdfast.engine.loop;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log what waits for a store that fails: the first failure at once, and while it goes on
 * a line in ten seconds with how many there were. That the store works again it tells itself. On
 * the loop.
 */
public final class StoreLog {
    /** How far two lines are apart at least. */
    public static final Duration APART = Duration.ofSeconds(10);

    /** How long what serves no single call waits before it asks the store again. */
    public static final Duration PAUSE = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(StoreLog.class);

    private final InstantSource clock;
    private @Nullable Instant toldAt;
    private long untold;

    public StoreLog(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * The store failed, and what was to be done is tried again.
     *
     * @param what waits, in words
     */
    public void failed(String what, @Nullable Throwable error) {
        Instant now = clock.instant();
        Instant told = toldAt;
        if (told != null && now.isBefore(told.plus(APART))) {
            untold++;
            return;
        }
        String why = error == null ? "no answer" : String.valueOf(error.getMessage());
        if (untold == 0) {
            LOG.warn("{}; tried again until the store works: {}", what, why);
        } else {
            LOG.warn(
                    "{}; tried again until the store works: {} (and {} failures more since the last"
                            + " such line)",
                    what,
                    why,
                    untold);
        }
        toldAt = now;
        untold = 0;
    }
}
