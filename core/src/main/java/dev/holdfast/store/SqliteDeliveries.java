package dev.holdfast.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link Deliveries} on SQLite. */
final class SqliteDeliveries implements Deliveries {
    private final SqliteStore store;
    private final ReadPool pool;
    private volatile Runnable listener = () -> {};

    SqliteDeliveries(SqliteStore store, ReadPool pool) {
        this.store = store;
        this.pool = pool;
    }

    private record Leased(UUID id, int client, UUID request, int attempts) {}

    private record Owner(int client, State state) {}

    @Override
    public CompletionStage<Due> claim(int max, Duration lease) {
        return store.write(tx -> claim(tx, max, lease));
    }

    @Override
    public CompletionStage<Void> settle(DeliveryTry tried) {
        return store.write(tx -> settle(tx, tried));
    }

    @Override
    public CompletionStage<Void> postpone(List<UUID> deliveries, Duration wait) {
        return store.write(
                tx -> {
                    long micros = Micros.of(wait);
                    for (UUID id : deliveries) {
                        tx.sql.update(
                                SqliteSql.POSTPONE_DELIVERY,
                                tx.now() + micros,
                                tx.wallAfter(micros),
                                id);
                    }
                    return null;
                });
    }

    @Override
    public CompletionStage<Boolean> redeliver(Viewer viewer, UUID delivery) {
        return store.write(tx -> redeliver(tx, viewer, delivery));
    }

    @Override
    public List<DeliveryRecord> list(
            Viewer viewer,
            @Nullable UUID request,
            @Nullable State state,
            int limit,
            @Nullable UUID before) {
        return pool.read(sql -> list(sql, viewer, request, state, limit, before));
    }

    @Override
    public List<TryRecord> tries(Viewer viewer, UUID delivery) {
        return pool.read(
                sql -> {
                    Owner owner = owner(sql, delivery);
                    if (!inReach(viewer, owner)) {
                        return List.of();
                    }
                    return sql.list(SqliteSql.TRIES, SqliteDeliveries::tried, delivery);
                });
    }

    @Override
    public long pending() {
        return store.backlog().deliveries();
    }

    @Override
    public void whenDue(Runnable wake) {
        listener = wake;
    }

    void tellDue() {
        listener.run();
    }

    private static Due claim(Transaction tx, int max, Duration lease) throws SQLException {
        long now = tx.now();
        List<Leased> due =
                tx.sql.list(
                        SqliteSql.DUE_DELIVERIES,
                        row ->
                                new Leased(
                                        Session.uuid(row, 1),
                                        row.getInt(2),
                                        Session.uuid(row, 3),
                                        row.getInt(4)),
                        now,
                        max);
        List<Delivery> leased = new ArrayList<>();
        for (Leased row : due) {
            tx.sql.update(SqliteSql.LEASE_DELIVERY, now + Micros.of(lease), row.id());
            Delivery delivery =
                    DeliveryLog.read(tx.sql, row.id(), row.client(), row.request(), row.attempts());
            if (delivery != null) {
                leased.add(delivery);
            }
        }
        Long next = tx.sql.first(SqliteSql.NEXT_DELIVERY, row -> Session.longOrNull(row, 1));
        return new Due(leased, Micros.instantOrNull(next));
    }

    private static @Nullable Void settle(Transaction tx, DeliveryTry tried) throws SQLException {
        UUID id = tried.delivery();
        boolean pending = tried.state() == State.PENDING;
        Duration after = tried.retryAfter();
        long wait = after == null ? 0 : Micros.of(after);
        int settled =
                tx.sql.update(
                        SqliteSql.SETTLE_DELIVERY,
                        wire(tried.state()),
                        pending ? Long.valueOf(tx.now() + wait) : null,
                        pending ? Long.valueOf(tx.wallAfter(wait)) : null,
                        tried.status(),
                        tried.error(),
                        id);
        if (settled == 0) {
            return null;
        }
        tx.sql.update(
                SqliteSql.ADD_TRY,
                tx.wall(),
                tried.status(),
                tried.error(),
                Micros.of(tried.latency()),
                id);
        if (!pending) {
            tx.backlog.deliveries(-1, tx.undo);
        }
        return null;
    }

    private static boolean redeliver(Transaction tx, Viewer viewer, UUID delivery)
            throws SQLException {
        Owner owner = owner(tx.sql, delivery);
        if (owner == null || !inReach(viewer, owner)) {
            return false;
        }
        tx.sql.update(SqliteSql.REDELIVER, tx.now(), tx.wall(), delivery);
        if (owner.state() != State.PENDING) {
            tx.backlog.deliveries(1, tx.undo);
        }
        tx.deliveriesFellDue();
        return true;
    }

    private static List<DeliveryRecord> list(
            Session sql,
            Viewer viewer,
            @Nullable UUID request,
            @Nullable State state,
            int limit,
            @Nullable UUID before)
            throws SQLException {
        List<DeliveryRecord> found = new ArrayList<>();
        for (int client : SqliteReads.reach(sql, viewer)) {
            StringBuilder text = new StringBuilder(SqliteSql.DELIVERIES);
            List<Object> values = new ArrayList<>();
            text.append("WHERE d.client = ?");
            values.add(client);
            if (request != null) {
                text.append(" AND d.request = ?");
                values.add(request);
            }
            if (state != null) {
                text.append(" AND d.state = ?");
                values.add(wire(state));
            }
            if (before != null) {
                text.append(" AND d.id < ?");
                values.add(before);
            }
            text.append(" ORDER BY d.id DESC LIMIT ?");
            values.add(limit);
            found.addAll(sql.list(text.toString(), SqliteDeliveries::record, values.toArray()));
        }
        return found.stream()
                .sorted(
                        Comparator.comparing(DeliveryRecord::id, SqliteReads::asUnsigned)
                                .reversed())
                .limit(limit)
                .toList();
    }

    private static DeliveryRecord record(ResultSet row) throws SQLException {
        Long next = Session.longOrNull(row, 9);
        return new DeliveryRecord(
                Session.uuid(row, 1),
                Session.uuid(row, 2),
                row.getInt(3),
                "request." + row.getString(4),
                row.getString(5),
                State.valueOf(row.getString(6).toUpperCase(Locale.ROOT)),
                row.getInt(7),
                Instant.ofEpochMilli(row.getLong(8)),
                next == null ? null : Instant.ofEpochMilli(next),
                Session.intOrNull(row, 10),
                row.getString(11));
    }

    private static TryRecord tried(ResultSet row) throws SQLException {
        return new TryRecord(
                row.getInt(1),
                Instant.ofEpochMilli(row.getLong(2)),
                Session.intOrNull(row, 3),
                row.getString(4),
                Micros.duration(row.getLong(5)));
    }

    private static @Nullable Owner owner(Session sql, UUID delivery) throws SQLException {
        return sql.first(
                SqliteSql.DELIVERY_OWNER,
                row ->
                        new Owner(
                                row.getInt(1),
                                State.valueOf(row.getString(2).toUpperCase(Locale.ROOT))),
                delivery);
    }

    private static boolean inReach(Viewer viewer, @Nullable Owner owner) {
        return owner != null && (viewer.all() || viewer.client() == owner.client());
    }

    private static String wire(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
