package dev.holdfast.store.sqlite;

import dev.holdfast.store.Changes;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.transition.pruning.Pruning;
import dev.holdfast.store.transition.pruning.PruningPace;
import java.sql.SQLException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What runs beside a store that serves: its threads and its lock. */
final class SqliteBackground implements Checkpoints.Chores, WriterThread.Batches {
    /** Longest time that a thread gets to end what it has begun. */
    private static final long STOP_MILLIS = 10_000;

    private final Supplier<CompletionStage<PruningPace.Step>> pruning;
    private final Supplier<@Nullable Changes> changes;
    private final Runnable polled;
    private final Pruning.Log prunings = new Pruning.Log();
    private final GroupCommit commits;
    private final SqliteWriter writer;
    private final OwnerLock lock;
    private final WriterThread thread;
    private final Checkpoints housekeeping;
    private @Nullable Thread writing;
    private @Nullable Thread keeping;

    /**
     * @param pruning does one step
     * @param changes who is told what changed, or null
     * @param polled called once a second
     */
    SqliteBackground(
            SqliteFile file,
            GroupCommit commits,
            SqliteWriter writer,
            OwnerLock lock,
            WriterThread thread,
            Supplier<CompletionStage<PruningPace.Step>> pruning,
            Supplier<@Nullable Changes> changes,
            Runnable polled) {
        this.polled = polled;
        this.pruning = pruning;
        this.changes = changes;
        this.commits = commits;
        this.writer = writer;
        this.lock = lock;
        this.thread = thread;
        housekeeping = new Checkpoints(file, this);
    }

    void start() {
        writing = thread.start("holdfast-store", this);
        keeping = housekeeping.start("holdfast-housekeeping");
    }

    /** Waits until both have ended. */
    void stop() {
        housekeeping.stop();
        join(keeping);
        thread.stop();
        join(writing);
    }

    /** Somebody else may serve the file. */
    void unlock() {
        lock.close();
    }

    @Override
    public boolean runBatch() {
        boolean written = commits.runBatch();
        housekeeping.afterBatch(writer.idle());
        return written;
    }

    @Override
    public void failAll(Throwable cause) {
        commits.failAll(cause);
    }

    @Override
    public void prune() {
        var _ =
                pruning.get()
                        .whenComplete(
                                (step, failure) -> {
                                    if (prunings.done(failure) && step.more()) {
                                        housekeeping.pruneAfter(step.pause());
                                    } else {
                                        housekeeping.pruned();
                                    }
                                });
    }

    @Override
    public void poll() {
        commits.wakeAgain();
        polled.run();
        Changes told = changes.get();
        if (told != null) {
            for (Queue queue : writer.backlog().upstreams()) {
                if (queue.waiting() > 0) {
                    told.upstream(queue.name);
                }
            }
        }
    }

    @Override
    public void checkCounts() throws SQLException {
        writer.checkCounts();
    }

    private static void join(@Nullable Thread ending) {
        try {
            if (ending != null) {
                ending.join(STOP_MILLIS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
