package dev.holdfast.rates;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * A log that says a thing at most once in a while, and how often it kept silent: a feed that sends
 * garbage, or a source that is down, must not fill the disk. Safe for any thread.
 */
public final class QuietLog {
    private final Logger log;
    private final Level level;
    private final long everyNanos;
    private final LongSupplier nanoTime;
    private final AtomicLong nextAt;
    private final AtomicLong silent = new AtomicLong();

    /**
     * Over an ordinary log.
     *
     * @param every shortest time between two lines
     * @param nanoTime a clock that only goes forward
     */
    public QuietLog(Logger log, Level level, Duration every, LongSupplier nanoTime) {
        this.log = log;
        this.level = level;
        this.everyNanos = every.toNanos();
        this.nanoTime = nanoTime;
        this.nextAt = new AtomicLong(nanoTime.getAsLong());
    }

    /** Says it, or counts it. */
    public void say(String words) {
        long now = nanoTime.getAsLong();
        long next = nextAt.get();
        if (now - next >= 0 && nextAt.compareAndSet(next, now + everyNanos)) {
            long kept = silent.getAndSet(0);
            log.atLevel(level).log(kept == 0 ? words : words + " (and " + kept + " more like it)");
        } else {
            silent.incrementAndGet();
        }
    }
}
