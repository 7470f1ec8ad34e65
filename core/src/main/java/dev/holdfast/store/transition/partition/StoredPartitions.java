package dev.holdfast.store.transition.partition;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Steps;
import dev.holdfast.request.ByPriority;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.UnitRoom;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link Partitions}, the same in both dialects. */
public abstract class StoredPartitions implements Partitions {
    private final Readers readers;

    public StoredPartitions(Readers readers) {
        this.readers = readers;
    }

    /** What is written of an upstream, under its lock. */
    @FunctionalInterface
    protected interface Change<T> {
        T run(Transaction tx, Queue root) throws SQLException;
    }

    /** When somebody looks, in steady microseconds, and what ledgers have held over by then. */
    public record Moment(long now, long heldOver) {}

    protected abstract <T> CompletionStage<T> write(String upstream, Change<T> change);

    protected abstract Moment moment();

    /** An upstream's own queue, without a lock; null if nothing is known of it. */
    protected abstract @Nullable Queue root(Session sql, String upstream) throws SQLException;

    /** The queues that there are of these partitions, by their keys; without a lock. */
    protected abstract Map<String, Queue> look(Session sql, Queue root, List<String> keys)
            throws SQLException;

    @Override
    public CompletionStage<Optional<Given>> set(String upstream, String key, OwnRules own) {
        return write(upstream, (tx, root) -> give(tx, root, key, own, false));
    }

    @Override
    public CompletionStage<Optional<Given>> pause(String upstream, String key, boolean paused) {
        return write(
                upstream,
                (tx, root) -> {
                    OwnRules before = OwnRows.read(tx.sql, root.id, key);
                    boolean opens = !paused && !before.paused();
                    return give(tx, root, key, before.paused(paused), opens);
                });
    }

    /**
     * Writes what one has of its own.
     *
     * @param opens whether it is left alone no longer
     */
    private static Optional<Given> give(
            Transaction tx, Queue root, String key, OwnRules own, boolean opens)
            throws SQLException {
        OwnHeaders before = OwnRows.read(tx.sql, root.id, key).headers();
        if (!OwnRows.write(tx.sql, root.id, key, own)) {
            return Optional.empty();
        }
        List<Integer> there =
                tx.sql.list(PartitionSql.PARTITION, row -> row.getInt(1), root.id, key);
        if (!there.isEmpty()) {
            for (Queue queue : tx.partitions(root, there)) {
                Objects.requireNonNull(queue.partition()).stir();
                if (!own.headers().equals(before)) {
                    queue.probeNow(tx.undo); // refused was who called before
                }
                if (opens) {
                    queue.open(tx.undo);
                }
            }
        }
        return Optional.of(new Given(OwnRows.changed(tx.sql, root.id), own.withoutHeaders()));
    }

    @Override
    public Optional<Own> own(String upstream, long known) {
        return readers.read(
                sql -> {
                    Queue root = root(sql, upstream);
                    // Before the rows: what is set in between is read again for its version's sake.
                    long version = root == null ? 0 : OwnRows.version(sql, root.id);
                    if (version == known) {
                        return Optional.empty();
                    }
                    return Optional.of(
                            new Own(version, root == null ? Map.of() : OwnRows.all(sql, root.id)));
                });
    }

    @Override
    public CompletionStage<Void> allow(String upstream, PartitionRules each) {
        return write(upstream, (tx, root) -> Optional.ofNullable(Allowed.begin(tx, root, each)))
                .thenCompose(last -> rest(upstream, each, last));
    }

    /** Those after that key, in a transaction after the other, so that none is long. */
    private CompletionStage<Void> rest(
            String upstream, PartitionRules each, Optional<String> last) {
        return last.isEmpty()
                ? CompletableFuture.<Void>completedStage(null)
                : write(
                                upstream,
                                (tx, root) ->
                                        Optional.ofNullable(
                                                Allowed.after(tx, root, each, last.get())))
                        .thenCompose(next -> rest(upstream, each, next));
    }

    @Override
    public Seen partition(String upstream, String key, PartitionRules each) {
        return some(upstream, each, List.of(key)).getFirst();
    }

    @Override
    public List<Seen> some(String upstream, PartitionRules each, List<String> keys) {
        return readers.read(
                sql -> {
                    Queue root = root(sql, upstream);
                    return root == null
                            ? keys.stream().map(key -> idle(key, each)).toList()
                            : seen(sql, root, keys, each);
                });
    }

    @Override
    public Counts counts(String upstream) {
        return readers.read(
                sql -> {
                    Queue root = root(sql, upstream);
                    return root == null ? Counts.NONE : counts(sql, root, moment().now());
                });
    }

    private static Counts counts(Session sql, Queue root, long now) throws SQLException {
        return Objects.requireNonNull(
                sql.first(
                        PartitionSql.SHUT_COUNTS,
                        row ->
                                new Counts(
                                        root.inner().partitions(),
                                        root.inner().busy(),
                                        row.getInt(1),
                                        row.getInt(2),
                                        row.getInt(3)),
                        root.id,
                        MAX_COUNTED,
                        root.id,
                        MAX_COUNTED,
                        now,
                        root.id,
                        MAX_COUNTED));
    }

    private static Seen idle(String key, PartitionRules each) {
        return new Seen(
                key,
                OwnRules.NONE,
                each,
                ByPriority.NONE,
                ByPriority.NONE,
                0,
                0,
                null,
                null,
                Occupancy.EMPTY,
                Map.of());
    }

    @Override
    public List<Seen> page(String upstream, PartitionRules each, String after, int limit) {
        int most = Math.min(limit, MAX_READ);
        return readers.read(
                sql -> {
                    Queue root = root(sql, upstream);
                    if (root == null) {
                        return List.of();
                    }
                    return seen(sql, root, keys(sql, root, after, most), each);
                });
    }

    @Override
    public Busiest busiest(String upstream, PartitionRules each, Place after, int limit) {
        int most = Math.min(limit, MAX_READ);
        return readers.read(
                sql -> {
                    Queue root = root(sql, upstream);
                    List<Place> places = root == null ? List.of() : places(sql, root, after, most);
                    if (root == null || places.isEmpty()) {
                        return new Busiest(List.of(), Place.FIRST);
                    }
                    List<String> keys = places.stream().map(Place::key).toList();
                    return new Busiest(seen(sql, root, keys, each), places.getLast());
                });
    }

    private static List<Place> places(Session sql, Queue root, Place after, int most)
            throws SQLException {
        List<Place> places = new ArrayList<>();
        if (after.busy() > 0) {
            sql.list(
                            PartitionSql.BUSIEST,
                            row -> new Place(row.getLong(2), Session.text(row, 1)),
                            root.id,
                            after.busy(),
                            after.key(),
                            most,
                            root.id,
                            after.busy(),
                            most,
                            most)
                    .forEach(places::add);
        }
        int left = most - places.size();
        if (left > 0) {
            String key = after.busy() > 0 ? "" : after.key();
            sql.list(
                            PartitionSql.REST,
                            row -> new Place(0, Session.text(row, 1)),
                            root.id,
                            key,
                            left,
                            root.id,
                            key,
                            left,
                            left)
                    .forEach(places::add);
        }
        return places;
    }

    private static List<String> keys(Session sql, Queue root, String after, int most)
            throws SQLException {
        return sql.list(
                PartitionSql.KEYS,
                row -> Session.text(row, 1),
                root.id,
                after,
                most,
                root.id,
                after,
                most,
                most);
    }

    /** All in a few statements, and one more for the ledger of each. */
    private List<Seen> seen(Session sql, Queue root, List<String> keys, PartitionRules each)
            throws SQLException {
        Map<String, Queue> queues = look(sql, root, keys);
        Map<String, OwnRules> own = OwnRows.some(sql, root.id, keys);
        Map<String, Integer> ledgers = ledgers(sql, root, keys);
        Moment moment = moment();
        List<Seen> all = new ArrayList<>();
        for (String key : keys) {
            OwnRules its = own.getOrDefault(key, OwnRules.NONE);
            int ledger = ledgers.getOrDefault(PartitionTurns.identity(root, key), 0);
            all.add(seen(sql, root, key, queues.get(key), its, its.over(each), ledger, moment));
        }
        return all;
    }

    private static Map<String, Integer> ledgers(Session sql, Queue root, List<String> keys)
            throws SQLException {
        Map<String, Integer> ledgers = new HashMap<>();
        List<String> identities =
                keys.stream().map(key -> PartitionTurns.identity(root, key)).toList();
        for (Object[] few : PartitionSql.few(identities)) {
            sql.list(
                    PartitionSql.LEDGERS_OF,
                    row -> ledgers.put(Session.text(row, 2), row.getInt(1)),
                    few);
        }
        return ledgers;
    }

    private static Seen seen(
            Session sql,
            Queue root,
            String key,
            @Nullable Queue queue,
            OwnRules own,
            PartitionRules rules,
            int ledger,
            Moment moment)
            throws SQLException {
        int running = queue == null ? 0 : queue.ownRunning();
        boolean isCounted = !rules.quota().windows().isEmpty();
        long now = moment.now();
        long heldOver = moment.heldOver();
        return new Seen(
                key,
                own,
                rules,
                queue == null ? ByPriority.NONE : queue.queued(),
                queue == null ? ByPriority.NONE : queue.retrying(),
                running,
                root.inner().partitions(),
                queue == null || queue.shutUntil() <= now
                        ? null
                        : Micros.instant(queue.shutUntil()),
                queue == null ? null : since(queue.unauthorizedSince()),
                ledger == 0 || !isCounted
                        ? new Occupancy(running, Steps.NONE)
                        : Ledger.unit(sql, ledger, rules.quota(), now, heldOver, 1),
                ledger == 0 ? Map.of() : UnitRoom.look(sql, ledger, rules.units(), now, heldOver));
    }

    private static @Nullable Instant since(long micros) {
        return micros == 0 ? null : Micros.instant(micros);
    }
}
