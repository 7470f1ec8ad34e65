package dev.holdfast.engine;

import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.store.Changes;
import java.util.Map;
import java.util.concurrent.Executor;

/** Brings to the loop what other processes on the same store did. */
final class Elsewhere implements Changes {
    private final Executor loop;
    private final Map<String, Dispatcher> dispatchers;
    private final OwnBook book;
    private final Watches watches;
    private final Runnable lost;

    /**
     * @param lost settles what a dead process left in flight; on the loop
     */
    Elsewhere(
            Executor loop,
            Map<String, Dispatcher> dispatchers,
            OwnBook book,
            Watches watches,
            Runnable lost) {
        this.loop = loop;
        this.dispatchers = dispatchers;
        this.book = book;
        this.watches = watches;
        this.lost = lost;
    }

    @Override
    public void upstream(String name) {
        Dispatcher dispatcher = dispatchers.get(name);
        if (dispatcher != null) {
            loop.execute(
                    () -> {
                        dispatcher.kick();
                        book.mayHaveChanged(name);
                    });
        }
    }

    @Override
    public void job(long job) {
        loop.execute(() -> watches.movedElsewhere(job));
    }

    @Override
    public void anything() {
        loop.execute(
                () -> {
                    dispatchers.values().forEach(Dispatcher::kick);
                    book.anyMayHaveChanged();
                    watches.allMayHaveMoved();
                });
    }

    @Override
    public void lost() {
        loop.execute(lost);
    }
}
