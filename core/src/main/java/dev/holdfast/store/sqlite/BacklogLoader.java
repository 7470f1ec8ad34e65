package dev.holdfast.store.sqlite;

import dev.holdfast.request.Priority;
import dev.holdfast.store.queue.Inner;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Rank;
import dev.holdfast.store.queue.Spell;
import dev.holdfast.store.queue.Undo;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredText;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.partition.PlaceRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Reads a {@link Backlog} from the database, through indexes that cover what it needs. A million
 * jobs' keys take half a second, so a start has them read beside what else it does.
 */
final class BacklogLoader {
    /** Jobs whose keys are read before another connection is open. */
    static final long FEW = 1_000;

    /** Partitions whose rows come packed in one value: some ten kilobytes. */
    static final int PACKED = 500;

    private final Session sql;
    private final Backlog backlog;
    private final Undo undo = new Undo();

    /** The numbers of all. */
    private final List<Integer> partitions = new ArrayList<>();

    private BacklogLoader(Session sql, Backlog backlog) {
        this.sql = sql;
        this.backlog = backlog;
    }

    /** Reads all of it. */
    static Backlog load(Session sql) throws SQLException {
        return load(sql, CompletableFuture.completedFuture(keys(sql, expected(sql))));
    }

    /** Reads all, the keys of many jobs by {@code beside} on a connection of their own. */
    static Backlog load(Session sql, SqliteFile file, Executor beside) throws SQLException {
        long expected = expected(sql);
        if (expected <= FEW) {
            return load(sql, CompletableFuture.completedFuture(keys(sql, expected)));
        }
        var keys = new FutureTask<>(() -> keys(file, expected));
        beside.execute(keys);
        return load(sql, keys);
    }

    private static Backlog load(Session sql, Future<JobIndex> keys) throws SQLException {
        BacklogLoader loader = new BacklogLoader(sql, new Backlog(keys));
        loader.upstreams();
        loader.partitions();
        loader.lanes();
        loader.running();
        loader.cached();
        loader.counts();
        loader.backlog.forgetChanges();
        return loader.backlog;
    }

    private static long expected(Session sql) throws SQLException {
        return sql.number(SqliteSql.COUNT_JOBS);
    }

    private static JobIndex keys(SqliteFile file, long expected) throws SQLException {
        try (Session sql = new Session(file.reader(), WriteProbe.NONE).inTransactions()) {
            return keys(sql, expected); // in one transaction: jobs move on meanwhile
        }
    }

    private static JobIndex keys(Session sql, long expected) throws SQLException {
        JobIndex keys = new JobIndex(expected);
        for (String query : SqliteSql.KEYS) {
            sql.each(query, row -> keys.load(row.getLong(1)));
        }
        return keys;
    }

    private void upstreams() throws SQLException {
        sql.each(SqliteSql.UPSTREAMS, row -> backlog.put(queue(row)));
    }

    /** An upstream or, after it, one of its partitions. */
    private Queue queue(ResultSet row) throws SQLException {
        int parent = row.getInt(12);
        Queue root = parent == 0 ? null : backlog.queue(parent);
        if (root != null) {
            root.inner().loadPartitions(1);
            partitions.add(row.getInt(1));
        }
        return new Queue(
                row.getInt(1),
                Session.text(row, 2),
                root,
                root == null ? null : PlaceRow.read(row, 13),
                root == null ? new Inner() : Inner.NONE,
                row.getInt(3),
                ranks(row, 19),
                row.getInt(4),
                row.getBoolean(5),
                row.getLong(6),
                Spell.of(row.getLong(7), row.getLong(8)),
                Spell.of(row.getLong(9), row.getLong(10)),
                0,
                row.getLong(11));
    }

    /** Most partitions have nothing but a place; these are read many at a time. */
    private void partitions() throws SQLException {
        Integer last = 0;
        while (last != null) {
            last =
                    sql.first(
                            SqliteSql.PARTITIONS,
                            row -> {
                                byte[] packed = row.getBytes(2);
                                if (packed != null) {
                                    unpack(new Packed(packed));
                                }
                                return packed == null ? null : row.getInt(1);
                            },
                            last,
                            PACKED);
        }
    }

    private void unpack(Packed rows) {
        while (rows.hasNext()) {
            int id = rows.small();
            Queue root = backlog.queue(rows.small());
            long turn = rows.number();
            long line = rows.number();
            long wake = rows.number();
            boolean fifo = rows.number() == 1;
            long busy = rows.number();
            int beat = rows.small();
            long serving = rows.number();
            String key = StoredText.text(rows.text());
            Partition place =
                    new Partition(
                            key, turn, line < 0 ? null : line, wake < 0 ? null : wake, fifo, busy);
            root.inner().loadPartitions(1);
            partitions.add(id);
            backlog.put(Queue.of(id, root, place, beat, serving));
        }
    }

    /** From this column on three of each class. */
    private static List<Rank> ranks(ResultSet row, int column) throws SQLException {
        List<Rank> ranks = new ArrayList<>();
        int at = column;
        for (int i = 0; i < Priority.ALL.size(); i++) {
            int credit = row.getInt(at++);
            long first = row.getLong(at++);
            long retries = row.getLong(at++);
            ranks.add(
                    credit == 0 && first == 0 && retries == 0
                            ? Rank.NONE
                            : new Rank(lanes(first), lanes(retries), credit));
        }
        return ranks;
    }

    private static Lanes lanes(long serving) {
        return serving == 0 ? Lanes.NONE : new Lanes(serving);
    }

    private void lanes() throws SQLException {
        sql.each(
                SqliteSql.LANES,
                row ->
                        backlog.queue(row.getInt(1))
                                .load(
                                        Priority.ALL.get(row.getInt(2)),
                                        row.getBoolean(3),
                                        row.getInt(4),
                                        row.getLong(5),
                                        row.getLong(6),
                                        row.getInt(7)));
        Collections.sort(partitions);
        for (int from = 0; from < partitions.size(); from += PACKED) {
            int to = Math.min(partitions.size(), from + PACKED) - 1;
            byte[] packed =
                    sql.first(
                            SqliteSql.PARTITION_LANES,
                            row -> row.getBytes(1),
                            partitions.get(from),
                            partitions.get(to));
            if (packed != null) {
                unpackLanes(new Packed(packed));
            }
        }
    }

    private void unpackLanes(Packed rows) {
        while (rows.hasNext()) {
            Queue queue = backlog.queue(rows.small());
            Priority priority = Priority.ALL.get(rows.small());
            boolean retry = rows.number() == 1;
            int client = rows.small();
            long last = rows.number();
            long jobs = rows.number();
            int weight = rows.small();
            if (queue.partition() != null) {
                Inner inner = queue.root().inner();
                inner.load(priority, retry, jobs);
                inner.loadBusy(queue.ownWaiting() == 0 ? 1 : 0);
                queue.load(priority, retry, client, last, jobs, weight);
            }
        }
    }

    private void running() throws SQLException {
        sql.each(SqliteSql.RUNNING, row -> backlog.queue(row.getInt(1)).running(1, undo));
        undo.forget();
    }

    private void cached() throws SQLException {
        sql.each(
                SqliteSql.CACHED, row -> backlog.cached(Session.text(row, 1), row.getInt(2), undo));
        undo.forget();
    }

    private void counts() throws SQLException {
        sql.each(SqliteSql.PENDING, row -> backlog.setPending(row.getInt(1), row.getInt(2)));
        backlog.deliveries((int) sql.number(CommonSql.COUNT_DELIVERIES), undo);
        backlog.numbers(sql.number(SqliteSql.LAST_JOB), sql.number(SqliteSql.LAST_ATTEMPT));
    }
}
