package dev.holdfast.bulk;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Operations.Chosen;
import dev.holdfast.store.Operations.OperationRecord;
import dev.holdfast.store.Operations.Step;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what operations want, one step of one of them at a time: looks for some, acts on a few at
 * once, and writes down how far it is. A process that ends leaves an operation to whoever takes it
 * next, which at worst acts anew on one step; each act is one that can be told twice. On the loop.
 */
public final class OperationRunner implements AutoCloseable {
    /** Acts that are under way together, so that others' writes go between. */
    static final int ACTS_AT_ONCE = 32;

    /** Time between two looks for something to do. */
    static final Duration LOOK = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(OperationRunner.class);

    private final Engine engine;
    private final Operations operations;
    private final Executor loop;
    private final Timer timer;
    private final Executor readers;
    private final UUID owner;
    private boolean busy;
    private boolean closed;

    /**
     * @param loop runs one task at a time, in order
     * @param timer runs tasks later, on the loop
     * @param readers for look-ups that block
     * @param owner this process's name, its own
     */
    public OperationRunner(
            Engine engine, Executor loop, Timer timer, Executor readers, UUID owner) {
        this.engine = engine;
        this.operations = engine.store().operations();
        this.loop = loop;
        this.timer = timer;
        this.readers = readers;
        this.owner = owner;
        operations.whenBegun(this::wake);
    }

    /** Begins to look for what is to be done. */
    public void start() {
        loop.execute(this::look);
    }

    private void wake() {
        loop.execute(this::step);
    }

    /** Begins nothing more; from any thread. */
    @Override
    public void close() {
        loop.execute(() -> closed = true);
    }

    private void look() {
        if (!closed) {
            step();
            timer.after(LOOK, this::look);
        }
    }

    private void step() {
        if (busy || closed) {
            return;
        }
        busy = true;
        operations
                .take(owner)
                .whenCompleteAsync(
                        (taken, error) -> {
                            OperationRecord operation = error == null ? taken.orElse(null) : null;
                            if (operation == null) {
                                idle(error);
                            } else {
                                choose(operation);
                            }
                        },
                        loop);
    }

    private void idle(@Nullable Throwable error) {
        busy = false;
        if (error != null) {
            LOG.debug("operations wait for the store", error);
        }
    }

    private void choose(OperationRecord operation) {
        var _ =
                CompletableFuture.supplyAsync(() -> operations.choose(operation), readers)
                        .whenCompleteAsync(
                                (chosen, error) -> {
                                    if (error != null) {
                                        idle(error);
                                    } else {
                                        new Acting(operation, chosen).next(0);
                                    }
                                },
                                loop);
    }

    /** One step of one operation. */
    private final class Acting {
        private final OperationRecord operation;
        private final Chosen chosen;
        private int done;
        private int skipped;
        private boolean broken;

        Acting(OperationRecord operation, Chosen chosen) {
            this.operation = operation;
            this.chosen = bounded(operation, chosen);
        }

        /** What is bounded in its rate does what it may in a second, and rests. */
        private static Chosen bounded(OperationRecord operation, Chosen chosen) {
            int most = operation.perSecond();
            if (operation.dryRun() || most == 0 || chosen.ids().size() <= most) {
                return chosen;
            }
            List<UUID> some = chosen.ids().subList(0, most);
            return new Chosen(some, some.getLast(), true);
        }

        void next(int from) {
            List<UUID> ids = chosen.ids();
            if (closed || broken) {
                // It is chosen anew, as far as it was not done.
                busy = false;
                return;
            }
            if (operation.dryRun() || from >= ids.size()) {
                advance();
                return;
            }
            int to = Math.min(ids.size(), from + ACTS_AT_ONCE);
            AtomicInteger left = new AtomicInteger(to - from);
            for (UUID id : ids.subList(from, to)) {
                act(id).whenCompleteAsync(
                                (good, error) -> {
                                    acted(good != null && good, error);
                                    if (left.decrementAndGet() == 0) {
                                        next(to);
                                    }
                                },
                                loop);
            }
        }

        private void acted(boolean good, @Nullable Throwable error) {
            if (error != null) {
                broken = true;
                LOG.debug("an operation waits for the store", error);
            } else if (good) {
                done++;
            } else {
                skipped++;
            }
        }

        private Duration rest() {
            int rate = operation.perSecond();
            return rate == 0 || operation.dryRun()
                    ? Duration.ZERO
                    : Duration.ofNanos(chosen.ids().size() * 1_000_000_000L / rate);
        }

        private CompletionStage<Boolean> act(UUID id) {
            Viewer viewer = operation.viewer();
            try {
                return switch (operation.act()) {
                    case RETRY -> engine.retry(viewer, id).thenApply(Acting::isDone);
                    case CANCEL -> engine.cancel(viewer, id).thenApply(Acting::isDone);
                    case REDELIVER -> engine.store().deliveries().redeliver(viewer, id);
                };
            } catch (RuntimeException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        private static boolean isDone(Ending ending) {
            return ending.what() == Ending.What.DONE;
        }

        private void advance() {
            Duration rest = rest();
            operations
                    .advance(owner, operation, new Step(chosen, done, skipped, rest))
                    .whenCompleteAsync(
                            (_, error) -> {
                                busy = false;
                                if (error != null) {
                                    idle(error);
                                    return;
                                }
                                if (rest.isPositive() && chosen.more()) {
                                    timer.after(rest, OperationRunner.this::step);
                                }
                                step();
                            },
                            loop);
        }
    }
}
