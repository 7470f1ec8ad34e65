package dev.holdfast.store;

import dev.holdfast.store.Backlog.Queue;
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
        loader.lanes();
        for (String query : List.of(SqliteSql.QUEUED, SqliteSql.RETRYING)) {
            sql.each(query, row -> loader.backlog.jobs.load(row.getLong(1)));
        }
        loader.running();
        loader.cached();
        loader.counts();
        return loader.backlog;
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

    private void lanes() throws SQLException {
        sql.each(
                SqliteSql.LANES,
                row -> {
                    Queue queue = backlog.queue(row.getInt(1));
                    Lanes lanes = row.getBoolean(2) ? queue.retries : queue.first;
                    lanes.load(row.getInt(3), row.getLong(4), row.getLong(5));
                });
    }

    private void running() throws SQLException {
        sql.each(
                SqliteSql.RUNNING,
                row -> {
                    backlog.queue(row.getInt(1)).running(1, undo);
                    backlog.jobs.load(row.getLong(2));
                    backlog.attempts().add(row.getLong(3));
                });
        undo.forget();
    }

    private void cached() throws SQLException {
        sql.each(
                SqliteSql.CACHED,
                row -> {
                    backlog.cached(row.getString(1), 1, undo);
                    undo.forget();
                    backlog.jobs.load(row.getLong(2));
                });
    }

    private void counts() throws SQLException {
        sql.each(SqliteSql.PENDING, row -> backlog.setPending(row.getInt(1), row.getInt(2)));
        backlog.deliveries((int) sql.number(SqliteSql.COUNT_DELIVERIES), undo);
        backlog.numbers(sql.number(SqliteSql.LAST_JOB), sql.number(SqliteSql.LAST_ATTEMPT));
    }
}
