package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.connection.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.texts;

import dev.holdfast.store.Survival;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the counts that are kept (what waits and runs of each upstream, what is unfinished of
 * each client, what is kept as cache for each route) with the rows, and makes anew those that
 * differ. With many jobs this takes a while, so a start does not wait for it, nor shares the
 * processors with it.
 */
final class PostgresCounts {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresCounts.class);

    /** A start takes a second or two. */
    private static final Duration AFTER = Duration.ofSeconds(5);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final PostgresDatabase database;
    private final PostgresWriter writer;

    PostgresCounts(PostgresDatabase database, PostgresWriter writer) {
        this.database = database;
        this.writer = writer;
    }

    /** Whose counts differ from the rows. */
    private record Wrong(List<String> upstreams, List<Integer> clients, List<String> routes) {
        boolean nothing() {
            return upstreams.isEmpty() && clients.isEmpty() && routes.isEmpty();
        }
    }

    /** Begins on a thread of its own; a comparison that fails is left to the next start. */
    void begin() {
        Thread.ofVirtual().name("holdfast-counts").start(() -> Survival.run(this::check));
    }

    /** Does not begin any more. */
    void close() {
        ended.countDown();
    }

    private void check() throws SQLException, InterruptedException {
        if (ended.await(AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
            return;
        }
        Wrong wrong = compare();
        if (wrong.nothing()) {
            return;
        }
        LOG.error("counts that are kept differ from the rows; they are made anew");
        var _ =
                writer.submitAlone(
                        tx -> {
                            recount(tx, wrong);
                            return null;
                        });
    }

    /** Each statement sees one moment, in which both are right or both are wrong. */
    private Wrong compare() throws SQLException {
        try (Session sql = database.plain()) {
            new RoundTrip().set(PostgresSql.PATIENT).run(sql);
            List<String> upstreams =
                    sql.list(PostgresSql.MISCOUNTED_UPSTREAMS, row -> Session.text(row, 1));
            List<String> routes =
                    sql.list(PostgresSql.MISCOUNTED_ROUTES, row -> Session.text(row, 1));
            new RoundTrip().set(PostgresSql.ROW_BY_ROW).run(sql);
            List<Integer> clients = sql.list(PostgresSql.MISCOUNTED_CLIENTS, row -> row.getInt(1));
            return new Wrong(upstreams, clients, routes);
        }
    }

    private static void recount(PostgresTransaction tx, Wrong wrong) throws SQLException {
        tx.lock(wrong.upstreams());
        PostgresDatabase.Column names = texts(wrong.upstreams());
        tx.sql.update(PostgresSql.COUNT_RUNNING, names);
        tx.sql.update(PostgresSql.EMPTY_LANES, names);
        tx.sql.update(PostgresSql.COUNT_LANES, names);
        tx.sql.update(PostgresSql.COUNT_WAITING, names);
        tx.sql.update(PostgresSql.COUNT_INNER, names);
        PostgresDatabase.Column clients = ints(wrong.clients());
        tx.sql.update(PostgresSql.ADD_PENDING, clients);
        tx.sql.list(PostgresSql.LOCK_PENDING, row -> row.getInt(1), clients);
        tx.sql.update(PostgresSql.COUNT_PENDING, clients);
        PostgresDatabase.Column routes = texts(wrong.routes());
        tx.sql.update(
                PostgresSql.WRITE_CACHED,
                routes,
                ints(Collections.nCopies(wrong.routes().size(), 0)));
        tx.sql.list(PostgresSql.LOCK_CACHED, row -> Session.text(row, 1), routes);
        tx.sql.update(PostgresSql.COUNT_CACHED, routes);
    }
}
