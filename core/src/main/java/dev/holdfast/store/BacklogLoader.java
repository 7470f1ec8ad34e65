package dev.holdfast.store;

import dev.holdfast.store.Backlog.Queue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Reads a {@link Backlog} from the database, through indexes that cover what it needs. */
final class BacklogLoader {
    private final Session sql;
    private final Backlog backlog = new Backlog();
    private final Undo undo = new Undo();

    private BacklogLoader(Session sql) {
        this.sql = sql;
    }

    static Backlog load(Session sql) throws SQLException {
        BacklogLoader loader = new BacklogLoader(sql);
        loader.upstreams();
        loader.jobs(SqliteSql.QUEUED, row -> loader.queue(row).first.load(client(row), turn(row)));
        loader.jobs(
                SqliteSql.RETRYING, row -> loader.queue(row).retries.load(client(row), turn(row)));
        loader.jobs(
                SqliteSql.RUNNING,
                row -> {
                    loader.queue(row).running(1, loader.undo);
                    loader.backlog.attempts().add(row.getLong(6));
                });
        loader.cached();
        loader.counts();
        return loader.backlog;
    }

    /** What a job adds beside its place in the index. */
    @FunctionalInterface
    private interface Place {
        void put(ResultSet row) throws SQLException;
    }

    private void upstreams() throws SQLException {
        List<Queue> queues =
                sql.list(
                        SqliteSql.UPSTREAMS,
                        row ->
                                new Queue(
                                        row.getInt(1),
                                        row.getString(2),
                                        new Lanes(row.getLong(6)),
                                        new Lanes(row.getLong(7)),
                                        row.getBoolean(3),
                                        row.getLong(4),
                                        row.getInt(5)));
        queues.forEach(queue -> backlog.add(queue, undo));
    }

    private void jobs(String query, Place place) throws SQLException {
        sql.each(
                query,
                row -> {
                    place.put(row);
                    backlog.jobs.add(row.getLong(4), row.getLong(5));
                });
        undo.forget();
    }

    private void cached() throws SQLException {
        sql.each(
                SqliteSql.CACHED,
                row -> {
                    backlog.cached(row.getString(1), 1, undo);
                    undo.forget();
                    backlog.jobs.add(row.getLong(2), row.getLong(3));
                });
    }

    private void counts() throws SQLException {
        sql.each(SqliteSql.PENDING, row -> backlog.setPending(row.getInt(1), row.getInt(2)));
        backlog.deliveries((int) sql.number(SqliteSql.COUNT_DELIVERIES), undo);
        backlog.numbers(sql.number(SqliteSql.LAST_JOB), sql.number(SqliteSql.LAST_ATTEMPT));
    }

    private Queue queue(ResultSet row) throws SQLException {
        return backlog.queue(row.getInt(1));
    }

    private static int client(ResultSet row) throws SQLException {
        return row.getInt(3);
    }

    private static long turn(ResultSet row) throws SQLException {
        return row.getLong(2);
    }
}
