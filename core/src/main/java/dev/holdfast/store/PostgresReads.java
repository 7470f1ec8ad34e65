package dev.holdfast.store;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@link Reads} on PostgreSQL. */
final class PostgresReads implements Reads {
    private final PostgresPool pool;

    PostgresReads(PostgresPool pool) {
        this.pool = pool;
    }

    @Override
    public Optional<RequestRecord> request(Viewer viewer, UUID id) {
        return pool.read(sql -> Optional.ofNullable(find(sql, viewer, id)));
    }

    @Override
    public List<RequestRecord> list(Viewer viewer, Query query) {
        return pool.read(
                sql ->
                        RequestListing.list(
                                sql, PostgresSql.REQUEST_COLUMNS, reach(sql, viewer), query));
    }

    @Override
    public List<AttemptRecord> attempts(long job, int limit) {
        return pool.read(sql -> sql.list(PostgresSql.ATTEMPTS, SqliteReads::attempt, job, limit));
    }

    @Override
    public List<CallRecord> calls(String upstream, Instant settledAfter, int limit) {
        return pool.read(
                sql -> {
                    List<CallRecord> calls =
                            sql.list(
                                    PostgresSql.CALLS_IN_FLIGHT,
                                    SqliteReads::call,
                                    upstream,
                                    limit);
                    calls.addAll(
                            sql.list(
                                    PostgresSql.CALLS_SETTLED,
                                    SqliteReads::call,
                                    upstream,
                                    Micros.of(settledAfter),
                                    limit));
                    return calls;
                });
    }

    /** A request in the viewer's reach, or null. */
    static @Nullable RequestRecord find(Session sql, Viewer viewer, UUID id) throws SQLException {
        return viewer.all()
                ? sql.first(
                        PostgresSql.REQUEST_OF_ANY,
                        RequestRows::request,
                        PostgresDatabase.ints(reach(sql, viewer)),
                        id)
                : sql.first(PostgresSql.REQUEST, RequestRows::request, viewer.client(), id);
    }

    /** The clients whose requests a viewer may see. */
    static List<Integer> reach(Session sql, Viewer viewer) throws SQLException {
        return viewer.all()
                ? sql.list(PostgresSql.CLIENTS_WITH_REQUESTS, row -> row.getInt(1))
                : List.of(viewer.client());
    }
}
