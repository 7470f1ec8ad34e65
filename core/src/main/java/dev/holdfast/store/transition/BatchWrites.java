package dev.holdfast.store.transition;

import dev.holdfast.store.Accepted;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Line;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Batches.Slice;
import dev.holdfast.store.Batches.Written;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.BatchRows;
import dev.holdfast.store.sql.BatchSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RetentionSql;
import dev.holdfast.store.sql.UuidBytes;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Writes batches, the same in both dialects. */
public final class BatchWrites {
    private static final int BATCHES_AT_ONCE = 16;
    private static final int REFUSALS_AT_ONCE = 512;

    /** When to look again at one that goes on, in microseconds. */
    private static final long LOOK_AGAIN = TimeUnit.MINUTES.toMicros(10);

    private final Ends ends;
    private final DeliveryWrites deliveries;
    private final RandomGenerator random;

    public BatchWrites(Ends ends, DeliveryWrites deliveries, RandomGenerator random) {
        this.ends = ends;
        this.deliveries = deliveries;
        this.random = random;
    }

    /** How a dialect writes many asks at once. */
    public interface Accepting<X extends Transaction> {
        List<Accepted> accept(X tx, List<NewRequest> asks) throws SQLException;
    }

    BatchRecord begin(Transaction tx, NewBatch batch) throws SQLException {
        String key = batch.key();
        long until = tx.now() + Micros.of(StoreOptions.IDEMPOTENCY);
        if (key != null) {
            tx.sql.update(BatchSql.FORGET_KEY, batch.client(), key, tx.now());
        }
        UUID id = Batches.id(UuidBytes.make(tx.wall(), random));
        int added =
                tx.sql.update(
                        BatchSql.ADD,
                        id,
                        batch.client(),
                        key,
                        key == null ? null : Long.valueOf(until),
                        batch.webhook(),
                        tx.wall(),
                        until);
        BatchRecord found =
                added == 1
                        ? tx.sql.first(BatchSql.BATCH, BatchRows::read, id)
                        : tx.sql.first(BatchSql.BY_KEY, BatchRows::read, batch.client(), key);
        if (found == null) {
            throw new SQLException("a batch is missing", Ends.INCONSISTENT);
        }
        return found;
    }

    <X extends Transaction> Written write(X tx, Slice slice, Accepting<X> accepting)
            throws SQLException {
        int batch = slice.batch().number();
        int advanced =
                tx.sql.update(
                        BatchSql.ADVANCE,
                        slice.after(),
                        slice.digest(),
                        slice.last() ? 1 : 0,
                        batch,
                        slice.before());
        if (advanced == 0) {
            return new Written(false, List.of());
        }
        List<NewRequest> asks = new ArrayList<>();
        int number = slice.before();
        for (Line line : slice.lines()) {
            number++;
            if (line instanceof Line.Good(NewRequest ask)) {
                asks.add(ask.inBatch(Batches.line(slice.batch().id(), number), batch));
            }
        }
        List<Accepted> decided = accepting.accept(tx, asks);
        int refused = refuse(tx, slice, decided);
        tx.sql.update(BatchSql.DECIDED, asks.size() - refusedAsks(decided), refused, batch);
        tx.batches.touch(batch);
        return new Written(true, decided);
    }

    private static int refusedAsks(List<Accepted> decided) {
        return (int) decided.stream().filter(Accepted.Refused.class::isInstance).count();
    }

    /** Keeps what was wrong; how many lines were refused. */
    private static int refuse(Transaction tx, Slice slice, List<Accepted> decided)
            throws SQLException {
        int number = slice.before();
        int refused = 0;
        int ask = 0;
        for (Line line : slice.lines()) {
            number++;
            String problem =
                    switch (line) {
                        case Line.Bad(String words) -> words;
                        case Line.Blank() -> null;
                        case Line.Good _ -> refusal(slice, number, decided.get(ask++));
                    };
            if (problem != null) {
                tx.sql.update(BatchSql.REFUSE, slice.batch().number(), number, problem);
                refused++;
            }
        }
        return refused;
    }

    private static @Nullable String refusal(Slice slice, int line, Accepted decided) {
        if (!(decided instanceof Accepted.Refused(Accepted.Why why))) {
            return null;
        }
        if (slice.together()) {
            throw new Batches.NotAll(line, why);
        }
        return slice.words().apply(why);
    }

    boolean stop(Transaction tx, BatchRecord batch) throws SQLException {
        boolean stopped = tx.sql.update(BatchSql.STOP, batch.id()) == 1;
        tx.batches.touch(batch.number());
        return stopped;
    }

    /**
     * Writes how many lines of each batch are where now, with a transaction's commit: its last
     * statements before those of the clients' own counts.
     */
    public void count(Transaction tx) throws SQLException {
        for (Map.Entry<Integer, int[]> each : tx.batches.changes().entrySet()) {
            int batch = each.getKey();
            int[] change = each.getValue();
            tx.sql.update(
                    BatchSql.COUNT, change[0], change[1], change[2], change[3], change[4], batch);
            // All its lines may have ended: then that is written, once.
            long kept = ends.longestKeptUntil(tx);
            if (tx.sql.update(BatchSql.COMPLETE, tx.wall(), kept, kept, batch) == 1) {
                tell(tx, batch);
            }
        }
        tx.batches.forget();
    }

    private void tell(Transaction tx, int batch) throws SQLException {
        BatchRecord complete = tx.sql.first(BatchSql.NUMBERED, BatchRows::read, batch);
        if (complete != null && complete.webhook() != null) {
            deliveries.addCompleted(tx, complete.client(), complete.id());
        }
    }

    /**
     * Forgets batches whose time is over and of which nothing goes on.
     *
     * @return whether there is more to forget at once
     */
    public static boolean prune(Transaction tx, long now) throws SQLException {
        List<BatchRecord> old =
                tx.sql.list(BatchSql.OLD_BATCHES, BatchRows::read, now, BATCHES_AT_ONCE);
        for (BatchRecord each : old) {
            int batch = each.number();
            int refusals = tx.sql.update(BatchSql.DELETE_REFUSALS, batch, batch, REFUSALS_AT_ONCE);
            if (refusals == REFUSALS_AT_ONCE) {
                return true;
            }
            if (tx.sql.update(BatchSql.DELETE, batch, each.id()) == 0) {
                tx.sql.update(BatchSql.PRUNE_LATER, now + LOOK_AGAIN, batch);
            } else {
                tx.sql.update(RetentionSql.DELETE_TRIES, each.client(), each.id());
                tx.sql.update(RetentionSql.DELETE_DELIVERIES, each.client(), each.id());
            }
        }
        return old.size() == BATCHES_AT_ONCE;
    }
}
