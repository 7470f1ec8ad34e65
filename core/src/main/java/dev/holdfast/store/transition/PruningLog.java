package dev.holdfast.store.transition;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells once when what is old cannot be forgotten, and once when it can again. */
public final class PruningLog {
    private static final Logger LOG = LoggerFactory.getLogger(PruningLog.class);

    private final AtomicBoolean failing = new AtomicBoolean();

    /** A step is over; answers whether it was done. */
    public boolean done(@Nullable Throwable failure) {
        if (failure != null) {
            if (!failing.getAndSet(true)) {
                LOG.warn("what is old is not forgotten, and tried again: {}", failure.getMessage());
            }
            return false;
        }
        if (failing.getAndSet(false)) {
            LOG.info("what is old is forgotten again");
        }
        return true;
    }
}
