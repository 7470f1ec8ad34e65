package dev.holdfast.gateway.server;

import dev.holdfast.engine.loop.LoopThread;
import dev.holdfast.engine.loop.ReaderThread;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How what was read on one thread comes to the event loop of whoever asked for it. */
public final class Handing {
    /** Longest time that a reader waits for an event loop; one that has ended takes nothing. */
    private static final long PATIENCE_MILLIS = 60_000;

    private Handing() {}

    /**
     * Runs a step on an event loop. What the engine's loop hands over goes at the end of its round
     * ({@link LoopThread}). A {@link ReaderThread} waits until it was run: so few read at once that
     * what they have read and nobody took has a bound.
     */
    public static void over(Context context, Runnable step) {
        if (Thread.currentThread() instanceof LoopThread loop) {
            // As runOnContext does, but with all others that go to the same event loop.
            ContextInternal there = (ContextInternal) context;
            loop.hand(there.nettyEventLoop(), () -> there.dispatch(_ -> step.run()));
            return;
        }
        if (!ReaderThread.isCurrent()) {
            context.runOnContext(_ -> step.run());
            return;
        }
        CountDownLatch taken = new CountDownLatch(1);
        context.runOnContext(
                _ -> {
                    try {
                        step.run();
                    } finally {
                        taken.countDown();
                    }
                });
        try {
            boolean _ = taken.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
