package dev.holdfast.store.postgresql;

import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresPool;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.DeliveryRows;
import dev.holdfast.store.sql.DeliveryRows.Owner;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.transition.DeliveryWrites;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * {@link Deliveries} on PostgreSQL. A leased delivery has an owner; when that replica dies, the
 * others free its deliveries at once, and what it writes afterwards changes no row.
 */
final class PostgresDeliveries implements Deliveries {
    private final PostgresWriter writer;
    private final PostgresPool pool;
    private final AtomicLong pending = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private volatile Runnable listener = () -> {};

    PostgresDeliveries(PostgresWriter writer, PostgresPool pool) {
        this.writer = writer;
        this.pool = pool;
    }

    private record Leased(UUID id, int client, UUID request, int attempts, long due) {}

    @Override
    public CompletionStage<Due> claim(int max, Duration lease) {
        return writer.submit(List.of(), tx -> claim(tx, max, lease));
    }

    @Override
    public CompletionStage<Void> settle(DeliveryTry tried) {
        return writer.submit(List.of(), tx -> settle(tx, tried));
    }

    @Override
    public CompletionStage<Void> postpone(List<UUID> deliveries, Duration wait) {
        return writer.submit(
                List.of(),
                tx -> {
                    long micros = Micros.of(wait);
                    tx.sql.update(
                            PostgresSql.POSTPONE_DELIVERIES,
                            tx.now() + micros,
                            tx.wallAfter(micros),
                            PostgresDatabase.uuids(deliveries),
                            tx.owner);
                    return null;
                });
    }

    @Override
    public CompletionStage<Boolean> redeliver(Viewer viewer, UUID delivery) {
        return writer.submit(List.of(), tx -> redeliver(tx, viewer, delivery));
    }

    @Override
    public Page list(
            Viewer viewer,
            @Nullable UUID request,
            @Nullable State state,
            int limit,
            @Nullable UUID before) {
        return pool.read(
                sql ->
                        DeliveryRows.page(
                                sql,
                                viewer,
                                new DeliveryRows.Filter(request, state, limit, before)));
    }

    @Override
    public List<TryRecord> tries(Viewer viewer, UUID delivery) {
        return pool.read(sql -> DeliveryRows.tries(sql, viewer, delivery));
    }

    /**
     * As of the last count, a second ago or a hundred times as long as it took, and this replica's
     * changes since.
     */
    @Override
    public long pending() {
        return pending.get();
    }

    @Override
    public void whenDue(Runnable wake) {
        listener = wake;
    }

    void tellDue() {
        listener.run();
    }

    /** A transaction that changed this is committed. */
    void changed(int change) {
        changes.incrementAndGet();
        pending.addAndGet(change);
    }

    /** Counts anew what other replicas may have changed, unless this one does just now. */
    void count(Session sql) throws SQLException {
        long before = changes.get();
        long known = pending.get();
        long counted = sql.number(CommonSql.COUNT_DELIVERIES);
        if (changes.get() == before) {
            pending.compareAndSet(known, counted);
        }
    }

    private static Due claim(PostgresTransaction tx, int max, Duration lease) throws SQLException {
        List<Leased> leased =
                tx.sql.list(
                        PostgresSql.LEASE_DELIVERIES,
                        row ->
                                new Leased(
                                        Session.uuid(row, 1),
                                        row.getInt(2),
                                        Session.uuid(row, 3),
                                        row.getInt(4),
                                        row.getLong(5)),
                        tx.owner,
                        tx.now() + Micros.of(lease),
                        tx.now(),
                        max);
        leased = keep(tx, leased);
        Long next = tx.sql.first(CommonSql.NEXT_DELIVERY, row -> Session.longOrNull(row, 1));
        return new Due(read(tx, leased), Micros.instantOrNull(next));
    }

    /** Gives back what is too much to read at once. */
    private static List<Leased> keep(PostgresTransaction tx, List<Leased> leased)
            throws SQLException {
        List<Leased> inTurn =
                leased.stream()
                        .sorted(
                                Comparator.comparingLong(Leased::due)
                                        .thenComparing(Leased::id, UuidBytes::compare))
                        .toList();
        if (leased.size() < 2) {
            return inTurn;
        }
        Map<UUID, Long> bytes = new HashMap<>();
        tx.sql.list(
                PostgresSql.REQUEST_BYTES,
                row -> bytes.put(Session.uuid(row, 1), row.getLong(2)),
                clients(leased),
                requests(leased));
        int kept = 0;
        for (long sum = 0; kept < inTurn.size() && sum < MAX_LEASED_CHARS; kept++) {
            sum += bytes.getOrDefault(inTurn.get(kept).request(), 0L);
        }
        if (kept < inTurn.size()) {
            tx.sql.update(
                    PostgresSql.POSTPONE_DELIVERIES,
                    tx.now(),
                    tx.wall(),
                    PostgresDatabase.uuids(
                            inTurn.subList(kept, inTurn.size()).stream().map(Leased::id).toList()),
                    tx.owner);
        }
        return inTurn.subList(0, kept);
    }

    private static PostgresDatabase.Column clients(List<Leased> leased) {
        return PostgresDatabase.ints(leased.stream().map(Leased::client).toList());
    }

    private static PostgresDatabase.Column requests(List<Leased> leased) {
        return PostgresDatabase.uuids(leased.stream().map(Leased::request).toList());
    }

    private static List<Delivery> read(PostgresTransaction tx, List<Leased> leased)
            throws SQLException {
        if (leased.isEmpty()) {
            return List.of();
        }
        Map<UUID, Delivery> byRequest = new HashMap<>();
        tx.sql.list(
                PostgresSql.REQUESTS,
                row -> {
                    UUID request = Session.uuid(row, 2);
                    return byRequest.put(request, DeliveryWrites.delivery(request, 0, row));
                },
                clients(leased),
                requests(leased));
        List<Delivery> deliveries = new ArrayList<>();
        for (Leased row : leased) {
            Delivery of = byRequest.get(row.request());
            Delivery delivery =
                    of == null
                            ? DeliveryWrites.ofBatch(
                                    tx.sql, row.id(), row.request(), row.attempts())
                            : delivery(row, of);
            if (delivery != null) {
                deliveries.add(delivery);
            }
        }
        return deliveries;
    }

    private static Delivery delivery(Leased row, Delivery of) {
        return new Delivery(
                row.id(), of.request(), null, of.client(), of.url(), of.headers(), row.attempts());
    }

    private static @Nullable Void settle(PostgresTransaction tx, DeliveryTry tried)
            throws SQLException {
        UUID id = tried.delivery();
        boolean pending = tried.state() == State.PENDING;
        Duration after = tried.retryAfter();
        long wait = after == null ? 0 : Micros.of(after);
        int settled =
                tx.sql.update(
                        PostgresSql.SETTLE_DELIVERY,
                        DeliveryRows.wire(tried.state()),
                        pending ? Long.valueOf(tx.now() + wait) : null,
                        pending ? Long.valueOf(tx.wallAfter(wait)) : null,
                        tried.status(),
                        tried.error(),
                        id,
                        tx.owner);
        if (settled == 1) {
            DeliveryWrites.tried(tx, tried);
        }
        return null;
    }

    private static boolean redeliver(PostgresTransaction tx, Viewer viewer, UUID delivery)
            throws SQLException {
        Owner owner = DeliveryRows.owner(tx.sql, delivery);
        if (owner == null || !owner.inReachOf(viewer)) {
            return false;
        }
        tx.sql.update(PostgresSql.REDELIVER, tx.now(), tx.wall(), delivery);
        if (owner.state() != State.PENDING) {
            tx.deliveries(1);
        }
        tx.deliveriesFellDue();
        return true;
    }
}
