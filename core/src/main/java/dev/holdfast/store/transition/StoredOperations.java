package dev.holdfast.store.transition;

import dev.holdfast.store.Operations;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.OperationRows;
import dev.holdfast.store.sql.OperationSql;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.UuidBytes;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** {@link Operations}, the same in both dialects. */
public abstract class StoredOperations implements Operations {
    private final Readers readers;
    private final RandomGenerator random;
    private volatile Runnable listener = () -> {};

    /**
     * @param random for ids
     */
    public StoredOperations(Readers readers, RandomGenerator random) {
        this.readers = readers;
        this.random = random;
    }

    /** Adds a write that needs no locks. */
    protected abstract <T> CompletionStage<T> write(Write.Operation<Transaction, T> operation);

    @Override
    public CompletionStage<Optional<OperationRecord>> begin(NewOperation operation) {
        CompletionStage<Optional<OperationRecord>> begun = write(tx -> begin(tx, operation));
        return begun.whenComplete((_, _) -> listener.run());
    }

    @Override
    public void whenBegun(Runnable wake) {
        listener = wake;
    }

    private Optional<OperationRecord> begin(Transaction tx, NewOperation operation)
            throws SQLException {
        Viewer viewer = operation.viewer();
        long running = tx.sql.number(OperationSql.RUNNING_OF_CLIENT, viewer.client());
        if (running >= MAX_RUNNING_OF_CLIENT) {
            return Optional.empty();
        }
        UUID id = UuidBytes.make(tx.wall(), random);
        tx.sql.update(
                OperationSql.ADD_OPERATION,
                id,
                viewer.client(),
                viewer.all() ? 1 : 0,
                operation.act().wire(),
                OperationRows.text(operation.filter()),
                operation.dryRun() ? 1 : 0,
                operation.perSecond(),
                tx.wall(),
                tx.now());
        return Optional.ofNullable(tx.sql.first(OperationSql.OPERATION, OperationRows::read, id));
    }

    @Override
    public CompletionStage<Boolean> stop(Viewer viewer, UUID id) {
        return write(
                tx -> {
                    if (OperationRows.find(tx.sql, viewer, id) == null) {
                        return false;
                    }
                    tx.sql.update(
                            OperationSql.STOP_OPERATION, tx.wall(), tx.now() + Micros.of(KEPT), id);
                    return true;
                });
    }

    @Override
    public CompletionStage<Optional<OperationRecord>> take(UUID owner) {
        return write(
                tx -> {
                    OperationRecord next =
                            tx.sql.first(
                                    OperationSql.NEXT_OPERATION,
                                    OperationRows::read,
                                    owner,
                                    tx.now());
                    if (next == null) {
                        return Optional.empty();
                    }
                    int taken =
                            tx.sql.update(
                                    OperationSql.TAKE_OPERATION,
                                    owner,
                                    tx.now() + Micros.of(LEASE),
                                    next.id(),
                                    owner,
                                    tx.now());
                    return taken == 1 ? Optional.of(next) : Optional.empty();
                });
    }

    @Override
    public CompletionStage<Boolean> advance(UUID owner, OperationRecord operation, Step step) {
        return write(
                tx -> {
                    boolean over = !step.chosen().more();
                    long rest = Micros.of(step.rest());
                    long wait = rest > 0 ? rest : Micros.of(LEASE);
                    return tx.sql.update(
                                    OperationSql.ADVANCE_OPERATION,
                                    step.chosen().last(),
                                    step.chosen().ids().size(),
                                    step.done(),
                                    step.skipped(),
                                    (over ? State.DONE : State.RUNNING).wire(),
                                    over ? Long.valueOf(tx.wall()) : null,
                                    tx.now() + (over ? Micros.of(KEPT) : wait),
                                    rest,
                                    operation.id(),
                                    owner)
                            == 1;
                });
    }

    /** Forgets operations whose time is over. */
    public static void prune(Transaction tx, long now) throws SQLException {
        tx.sql.update(OperationSql.DELETE_OPERATIONS, now);
    }

    @Override
    public Optional<OperationRecord> operation(Viewer viewer, UUID id) {
        return readers.read(sql -> Optional.ofNullable(OperationRows.find(sql, viewer, id)));
    }

    @Override
    public List<OperationRecord> list(Viewer viewer, int limit, @Nullable UUID before) {
        return readers.read(sql -> OperationRows.list(sql, viewer, limit, before));
    }

    @Override
    public Chosen choose(OperationRecord operation) {
        return readers.read(sql -> OperationRows.choose(sql, operation));
    }
}
