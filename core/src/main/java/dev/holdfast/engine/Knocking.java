package dev.holdfast.engine;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Finds out without a call that an absent upstream is back: where no connection was to be had, it
 * tries to have one. That is no call and takes no slot, so that it may be done often. On the loop.
 */
final class Knocking {
    /** Between two. */
    static final Duration EVERY = Duration.ofMillis(500);

    /** After one that was let in, which a call followed: who opens may still not answer. */
    static final Duration AFTER_A_CALL = Duration.ofMinutes(5);

    private static final String NO_CONNECTION = "refused";

    private final EngineParts parts;
    private final Upstream upstream;
    private final Runnable opened;
    private boolean knocks;
    private boolean waiting;
    private @Nullable Instant notBefore;

    /**
     * @param opened told that there is a connection to be had
     */
    Knocking(EngineParts parts, Upstream upstream, Runnable opened) {
        this.parts = parts;
        this.upstream = upstream;
        this.opened = opened;
    }

    /**
     * A call found nobody at home.
     *
     * @param outcome in the log's word; of one that was connected knocking would tell nothing
     */
    void nobody(String outcome) {
        knocks = outcome.equals(NO_CONNECTION);
        next();
    }

    void stop() {
        knocks = false;
        notBefore = null;
    }

    private void next() {
        if (!knocks || waiting) {
            return;
        }
        waiting = true;
        Duration wait = EVERY;
        if (notBefore != null) {
            Duration left = Duration.between(parts.store().clock().instant(), notBefore);
            wait = left.compareTo(EVERY) > 0 ? left : EVERY;
        }
        parts.timer().after(wait, this::knock);
    }

    private void knock() {
        if (!knocks) {
            waiting = false;
            return;
        }
        Results.ask(upstream::knock)
                .whenCompleteAsync(
                        (open, _) -> {
                            waiting = false;
                            if (knocks && Boolean.TRUE.equals(open)) {
                                knocks = false;
                                notBefore = parts.store().clock().instant().plus(AFTER_A_CALL);
                                opened.run();
                            }
                            next();
                        },
                        parts.loop());
    }
}
