package dev.holdfast.store.sql;

import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@link Reads}, the same on SQLite and PostgreSQL. */
public final class StoredReads implements Reads {
    private final Readers pool;

    public StoredReads(Readers pool) {
        this.pool = pool;
    }

    @Override
    public Optional<RequestRecord> request(Viewer viewer, UUID id) {
        return pool.read(
                sql ->
                        Optional.ofNullable(
                                viewer.all()
                                        ? sql.first(
                                                CommonSql.REQUEST_OF_ANY, RequestColumn::read, id)
                                        : sql.first(
                                                CommonSql.REQUEST,
                                                RequestColumn::read,
                                                viewer.client(),
                                                id)));
    }

    @Override
    public Page page(Viewer viewer, Query query) {
        return pool.read(sql -> RequestListing.page(sql, viewer, query));
    }

    @Override
    public List<AttemptRecord> attempts(RequestRecord request, int limit) {
        return pool.read(
                sql ->
                        sql.list(
                                CommonSql.ATTEMPTS,
                                StoredReads::attempt,
                                request.client(),
                                request.id(),
                                request.client(),
                                request.id(),
                                limit));
    }

    @Override
    public List<CallRecord> calls(String upstream, Instant settledAfter, int limit) {
        return pool.read(
                sql -> {
                    List<CallRecord> calls =
                            sql.list(CommonSql.CALLS_IN_FLIGHT, StoredReads::call, upstream, limit);
                    calls.addAll(
                            sql.list(
                                    CommonSql.CALLS_SETTLED,
                                    StoredReads::call,
                                    upstream,
                                    Micros.of(settledAfter),
                                    limit));
                    return calls;
                });
    }

    @Override
    public Usage usage(String upstream, @Nullable String unit, Instant settledAfter, int calls) {
        long after = Micros.of(settledAfter);
        List<UsedRow> rows =
                pool.read(
                        sql ->
                                unit == null
                                        ? sql.list(
                                                CommonSql.CALLS_USED,
                                                UsedRow::read,
                                                upstream,
                                                calls,
                                                upstream,
                                                after,
                                                calls)
                                        : sql.list(
                                                CommonSql.UNITS_USED,
                                                UsedRow::read,
                                                upstream,
                                                calls,
                                                upstream,
                                                after,
                                                calls,
                                                upstream,
                                                unit));
        boolean all = rows.stream().mapToLong(UsedRow::settled).sum() < calls;
        return new Usage(
                rows.stream().map(UsedRow::used).filter(one -> one.amount() > 0).toList(),
                all
                        ? null
                        : Micros.instant(
                                rows.stream().mapToLong(UsedRow::oldest).min().orElse(after)));
    }

    /** What one client used, by how many calls that settled, and when the oldest of them did. */
    private record UsedRow(Used used, long settled, long oldest) {
        static UsedRow read(ResultSet row) throws SQLException {
            Long oldest = Session.longOrNull(row, 4);
            return new UsedRow(
                    new Used(row.getInt(1), row.getLong(2)),
                    row.getLong(3),
                    oldest == null ? Long.MAX_VALUE : oldest);
        }
    }

    @Override
    public Optional<Instant> nextStart(String upstream) {
        return pool.read(
                sql ->
                        Optional.ofNullable(
                                sql.first(
                                        CommonSql.NEXT_START_OF,
                                        row -> Instant.ofEpochMilli(row.getLong(1)),
                                        upstream)));
    }

    @Override
    public Optional<Instant> waitingSince(String route) {
        return pool.read(
                sql -> {
                    Waiting oldest = sql.first(CommonSql.WAITING_SINCE, Waiting::read, route);
                    if (oldest == null) {
                        return Optional.empty();
                    }
                    Integer paused =
                            sql.first(CommonSql.IN_PAUSED, row -> row.getInt(1), oldest.queue());
                    if (paused == null) {
                        return Optional.of(oldest.since());
                    }
                    return Optional.ofNullable(
                            sql.first(
                                    CommonSql.FLOWING_SINCE,
                                    row -> Micros.instant(row.getLong(1)),
                                    route,
                                    MOST_PAUSED));
                });
    }

    /** One that waits, and the number of the queue that it waits in. */
    private record Waiting(Instant since, long queue) {
        static Waiting read(ResultSet row) throws SQLException {
            return new Waiting(Micros.instant(row.getLong(1)), row.getLong(2));
        }
    }

    @Override
    public Map<String, LearnedDelay> learned(String upstream) {
        return pool.read(
                sql -> {
                    Map<String, LearnedDelay> learned = new HashMap<>();
                    sql.list(
                            CommonSql.ALL_LEARNED,
                            row ->
                                    learned.put(
                                            Session.text(row, 1),
                                            LearnedDelay.read(Session.text(row, 2))),
                            upstream);
                    return learned;
                });
    }

    static CallRecord call(ResultSet row) throws SQLException {
        String outcome = Session.text(row, 6);
        return new CallRecord(
                row.getLong(1),
                Session.uuid(row, 2),
                row.getInt(3),
                Micros.instant(row.getLong(4)),
                Micros.instantOrNull(Session.longOrNull(row, 5)),
                outcome == null ? "running" : outcome,
                Session.intOrNull(row, 7));
    }

    /** A request in the viewer's reach as a write tells it, or null. */
    public static @Nullable RequestRecord find(Session sql, Viewer viewer, UUID id)
            throws SQLException {
        return viewer.all()
                ? sql.first(CommonSql.WRITTEN_REQUEST_OF_ANY, RequestColumn::read, id)
                : sql.first(CommonSql.WRITTEN_REQUEST, RequestColumn::read, viewer.client(), id);
    }

    static AttemptRecord attempt(ResultSet row) throws SQLException {
        String outcome = Session.text(row, 6);
        Long latency = Session.longOrNull(row, 8);
        return new AttemptRecord(
                row.getInt(1),
                row.getInt(2),
                Instant.ofEpochMilli(row.getLong(3)),
                Micros.duration(row.getLong(4)),
                Session.text(row, 5),
                outcome == null ? "running" : outcome,
                Session.intOrNull(row, 7),
                latency == null ? null : Micros.duration(latency));
    }
}
