package dev.holdfast.store.sqlite;

import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.DeliveryRows;
import dev.holdfast.store.sql.DeliveryRows.Owner;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.DeliveryWrites;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link Deliveries} on SQLite. */
final class SqliteDeliveries implements Deliveries {
    private final GroupCommit commits;
    private final SqliteWriter writer;
    private final ReadPool pool;
    private volatile Runnable listener = () -> {};

    SqliteDeliveries(GroupCommit commits, SqliteWriter writer, ReadPool pool) {
        this.commits = commits;
        this.writer = writer;
        this.pool = pool;
    }

    /** A delivery that is due; without what it tells of if that is no request. */
    private record Leased(UUID id, UUID request, int attempts, @Nullable Delivery delivery) {
        static Leased read(ResultSet row) throws SQLException {
            UUID id = Session.uuid(row, RequestColumn.COUNT + 1);
            UUID request = Session.uuid(row, RequestColumn.COUNT + 2);
            int attempts = row.getInt(RequestColumn.COUNT + 3);
            return new Leased(
                    id,
                    request,
                    attempts,
                    RequestColumn.isIn(row) ? DeliveryWrites.delivery(id, attempts, row) : null);
        }

        /** Null if what it tells of is gone. */
        @Nullable Delivery whole(Session sql) throws SQLException {
            return delivery == null ? DeliveryWrites.ofBatch(sql, id, request, attempts) : delivery;
        }
    }

    /** Those that are due, as long as they are not too much. */
    private static final class Leasing {
        final List<Leased> rows = new ArrayList<>();
        long chars;

        boolean hasRoom() {
            return chars < MAX_LEASED_CHARS;
        }

        void add(ResultSet row) throws SQLException {
            Leased leased = Leased.read(row);
            rows.add(leased);
            chars += leased.delivery() == null ? 0 : leased.delivery().chars();
        }
    }

    @Override
    public CompletionStage<Due> claim(int max, Duration lease) {
        return commits.submit(tx -> claim(tx, max, lease));
    }

    @Override
    public CompletionStage<Void> settle(DeliveryTry tried) {
        return commits.submit(tx -> settle(tx, tried));
    }

    @Override
    public CompletionStage<Void> postpone(List<UUID> deliveries, Duration wait) {
        return commits.submit(
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
        return commits.submit(tx -> redeliver(tx, viewer, delivery));
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

    @Override
    public long pending() {
        return writer.backlog().deliveries();
    }

    @Override
    public void whenDue(Runnable wake) {
        listener = wake;
    }

    void tellDue() {
        listener.run();
    }

    private static Due claim(SqliteTransaction tx, int max, Duration lease) throws SQLException {
        long now = tx.now();
        Leasing due = new Leasing();
        tx.sql.eachWhile(due::hasRoom, SqliteSql.DUE_DELIVERIES, due::add, now, max);
        List<Delivery> leased = new ArrayList<>();
        for (Leased row : due.rows) {
            tx.sql.update(SqliteSql.LEASE_DELIVERY, now + Micros.of(lease), row.id());
            Delivery delivery = row.whole(tx.sql);
            if (delivery != null) {
                leased.add(delivery);
            }
        }
        Long next = tx.sql.first(CommonSql.NEXT_DELIVERY, row -> Session.longOrNull(row, 1));
        return new Due(leased, Micros.instantOrNull(next));
    }

    private static @Nullable Void settle(SqliteTransaction tx, DeliveryTry tried)
            throws SQLException {
        UUID id = tried.delivery();
        boolean pending = tried.state() == State.PENDING;
        Duration after = tried.retryAfter();
        long wait = after == null ? 0 : Micros.of(after);
        int settled =
                tx.sql.update(
                        SqliteSql.SETTLE_DELIVERY,
                        DeliveryRows.wire(tried.state()),
                        pending ? Long.valueOf(tx.now() + wait) : null,
                        pending ? Long.valueOf(tx.wallAfter(wait)) : null,
                        tried.status(),
                        tried.error(),
                        id);
        if (settled == 1) {
            DeliveryWrites.tried(tx, tried);
        }
        return null;
    }

    private static boolean redeliver(SqliteTransaction tx, Viewer viewer, UUID delivery)
            throws SQLException {
        Owner owner = DeliveryRows.owner(tx.sql, delivery);
        if (owner == null || !owner.inReachOf(viewer)) {
            return false;
        }
        tx.sql.update(SqliteSql.REDELIVER, tx.now(), tx.wall(), delivery);
        if (owner.state() != State.PENDING) {
            tx.deliveries(1);
        }
        tx.deliveriesFellDue();
        return true;
    }
}
