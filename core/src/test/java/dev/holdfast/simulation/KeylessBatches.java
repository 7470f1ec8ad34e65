package dev.holdfast.simulation;

import dev.holdfast.store.Batches;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The real batches, of which one that is sent again is another one. */
record KeylessBatches(Batches real) implements Batches {
    @Override
    public CompletionStage<BatchRecord> begin(NewBatch batch) {
        return real.begin(new NewBatch(batch.client(), null, batch.webhook()));
    }

    @Override
    public CompletionStage<Written> write(Slice slice) {
        return real.write(slice);
    }

    @Override
    public CompletionStage<Boolean> stop(Viewer viewer, UUID batch) {
        return real.stop(viewer, batch);
    }

    @Override
    public Optional<BatchRecord> batch(Viewer viewer, UUID id) {
        return real.batch(viewer, id);
    }

    @Override
    public List<BatchRecord> list(Viewer viewer, int limit, @Nullable UUID before) {
        return real.list(viewer, limit, before);
    }

    @Override
    public List<Refusal> refusals(BatchRecord batch, int after, int limit) {
        return real.refusals(batch, after, limit);
    }

    @Override
    public List<RequestRecord> lines(BatchRecord batch, int after, int limit) {
        return real.lines(batch, after, limit);
    }

    @Override
    public Optional<RequestRecord> lastUnfinished(BatchRecord batch) {
        return real.lastUnfinished(batch);
    }
}
