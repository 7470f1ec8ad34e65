package dev.holdfast.app.serve;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.gateway.wire.Entrance;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Vert.x, opened on a thread of its own: it takes long, and needs neither the configuration nor the
 * store, which are read meanwhile.
 */
public final class EventLoops {
    private final FutureTask<Vertx> opening = new FutureTask<>(EventLoops::open);

    private EventLoops() {}

    /** Begins to open them; whoever calls this calls {@link #await} in any case. */
    public static EventLoops opening() {
        var loops = new EventLoops();
        Thread.ofPlatform().name("holdfast-start").daemon(true).start(loops.opening);
        return loops;
    }

    /** Loops that answer: one a processor. */
    public static int count() {
        return Math.max(1, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Waits until they are open.
     *
     * @throws Failure if the thread is interrupted
     */
    public Vertx await() {
        try {
            return opening.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.failed("holdfast: told to stop while starting");
        } catch (ExecutionException e) {
            throw new IllegalStateException("the event loops cannot be started", e.getCause());
        }
    }

    /** Closes loops and all that was put on them. */
    public static void close(Vertx vertx) {
        Shutdown.await(vertx.close().toCompletionStage(), Shutdown.CLOSE_WITHIN);
    }

    private static Vertx open() {
        var options =
                new VertxOptions()
                        .setEventLoopPoolSize(count() + 1)
                        .setFileSystemOptions(
                                new FileSystemOptions()
                                        .setFileCachingEnabled(false)
                                        .setClassPathResolvingEnabled(false));
        return Entrance.open(options);
    }
}
