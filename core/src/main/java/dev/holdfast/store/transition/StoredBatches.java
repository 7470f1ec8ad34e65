package dev.holdfast.store.transition;

import dev.holdfast.store.Batches;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.BatchRows;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.transition.Write.Operation;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * {@link Batches}, the same in both dialects.
 *
 * @param <X> the dialect's transaction
 */
public abstract class StoredBatches<X extends Transaction> implements Batches {
    private final BatchWrites writes;
    private final BatchWrites.Accepting<X> accepting;
    private final Readers readers;

    public StoredBatches(BatchWrites writes, BatchWrites.Accepting<X> accepting, Readers readers) {
        this.writes = writes;
        this.accepting = accepting;
        this.readers = readers;
    }

    /** Adds a write that needs the locks of these upstreams, where there are locks. */
    protected abstract <T> CompletionStage<T> write(
            Collection<String> upstreams, Operation<X, T> operation);

    @Override
    public CompletionStage<BatchRecord> begin(NewBatch batch) {
        return write(List.of(), tx -> writes.begin(tx, batch));
    }

    @Override
    public CompletionStage<Written> write(Slice slice) {
        List<String> upstreams =
                slice.lines().stream()
                        .filter(Line.Good.class::isInstance)
                        .map(line -> ((Line.Good) line).ask())
                        .map(NewRequest::upstream)
                        .distinct()
                        .toList();
        return write(upstreams, tx -> writes.write(tx, slice, accepting));
    }

    @Override
    public CompletionStage<Boolean> stop(Viewer viewer, UUID id) {
        return write(
                List.of(),
                tx -> {
                    BatchRecord batch = BatchRows.find(tx.sql, viewer, id);
                    return batch != null && writes.stop(tx, batch);
                });
    }

    @Override
    public Optional<BatchRecord> batch(Viewer viewer, UUID id) {
        return readers.read(sql -> Optional.ofNullable(BatchRows.find(sql, viewer, id)));
    }

    @Override
    public List<BatchRecord> list(Viewer viewer, int limit, @Nullable UUID before) {
        return readers.read(sql -> BatchRows.list(sql, viewer, limit, before));
    }

    @Override
    public List<Refusal> refusals(BatchRecord batch, int after, int limit) {
        return readers.read(sql -> BatchRows.refusals(sql, batch.number(), after, limit));
    }

    @Override
    public List<RequestRecord> lines(BatchRecord batch, int after, int limit) {
        return readers.read(sql -> BatchRows.lines(sql, batch, after, limit));
    }

    @Override
    public Optional<RequestRecord> lastUnfinished(BatchRecord batch) {
        return readers.read(sql -> Optional.ofNullable(BatchRows.lastUnfinished(sql, batch)));
    }
}
