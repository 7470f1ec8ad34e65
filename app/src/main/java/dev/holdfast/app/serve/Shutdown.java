package dev.holdfast.app.serve;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How to stop what was started, the last one first. */
final class Shutdown implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    /** Longest time that closing connections may take. */
    static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);

    private final Deque<Runnable> ends = new ArrayDeque<>();

    /** Comes before all that are known. */
    void push(Runnable end) {
        ends.push(end);
    }

    static void await(CompletionStage<?> stage, Duration atMost) {
        try {
            stage.toCompletableFuture()
                    .orTimeout(atMost.toMillis(), TimeUnit.MILLISECONDS)
                    .exceptionally(
                            error -> {
                                if (!(error instanceof TimeoutException)) {
                                    LOG.debug("not stopped cleanly", error);
                                }
                                return null;
                            })
                    .join();
        } catch (CompletionException e) {
            LOG.debug("not stopped cleanly", e);
        }
    }

    @Override
    public void close() {
        while (!ends.isEmpty()) {
            try {
                ends.pop().run();
            } catch (RuntimeException e) {
                LOG.warn("a part did not stop cleanly", e);
            }
        }
    }
}
