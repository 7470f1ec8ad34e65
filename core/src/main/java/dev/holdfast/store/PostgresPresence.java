package dev.holdfast.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This replica's life sign: one row whose lease it renews, for all its calls and deliveries at
 * once. The same beat looks for replicas whose lease has run out, and is the slow poll that finds
 * what no notice told.
 *
 * <p>After the database was away for long everybody's lease has run out, so whoever comes back
 * first waits for one lease before it takes anything over.
 */
final class PostgresPresence {
    /** How long the others wait for a life sign before they take over. */
    static final Duration LEASE = Duration.ofSeconds(3);

    /** How often the lease is renewed, in milliseconds. */
    static final long BEAT_MILLIS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresPresence.class);

    /** A call does not leave in the last part of a lease, in nanoseconds. */
    private static final long LEASE_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Deliveries that are overdue for this long have no other replica to send them. */
    private static final long OVERDUE_MICROS = TimeUnit.MILLISECONDS.toMicros(300);

    /** Replicas are forgotten after a day without a life sign. */
    private static final long FORGET_MICROS = TimeUnit.DAYS.toMicros(1);

    private static final int BEATS_TO_POLL = 2;
    private static final int BEATS_TO_COUNT = 4;
    private static final int BEATS_TO_PRUNE = 20;
    private static final long STOP_MILLIS = 3_000;

    private final PostgresDatabase database;
    private final PostgresClock clock;
    private final LongSupplier nanos;
    private final UUID owner;
    private final String name;
    private final PostgresDeliveries deliveries;
    private final Beat told;
    private final Semaphore stop = new Semaphore(0);
    private final Thread thread;
    private @Nullable Session session;
    private long connectedAt;
    private boolean present;
    private long beats;
    private volatile long renewedAt;
    private volatile boolean leaving = true;

    /** What else happens with a beat. */
    interface Beat {
        /** Attempts of a dead replica are there. */
        void lost();

        /** Time to look at everything that a notice should have told. */
        void poll();

        /** Time to forget what is old. */
        void prune();
    }

    PostgresPresence(
            PostgresDatabase database,
            PostgresClock clock,
            LongSupplier nanos,
            UUID owner,
            PostgresDeliveries deliveries,
            Beat told) {
        this.database = database;
        this.clock = clock;
        this.nanos = nanos;
        this.owner = owner;
        this.name = "pid " + ProcessHandle.current().pid();
        this.deliveries = deliveries;
        this.told = told;
        thread = Thread.ofPlatform().name("holdfast-presence").daemon(true).unstarted(this::loop);
    }

    /** Gives the first life sign, reads the clock, and goes on. */
    void start() throws SQLException {
        renew(connect());
        deliveries.count(connect());
        thread.start();
    }

    /** Whether the lease holds for long enough to send a call. */
    boolean holds() {
        return nanos.getAsLong() - renewedAt < LEASE.toNanos() - LEASE_MARGIN_NANOS;
    }

    /** From which instant on a lease must hold for its replica to be alive, in microseconds. */
    long aliveSince() {
        boolean settled = nanos.getAsLong() - connectedAt >= LEASE.toNanos();
        return settled ? clock.micros() : Long.MIN_VALUE;
    }

    /** Ends; what is still in flight is the others' at once. */
    void close() {
        stop.release();
        join();
    }

    /** Ends as with kill -9: the others wait for the lease to run out. */
    void abandon() {
        leaving = false;
        close();
    }

    private void join() {
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        while (!stopped()) {
            try {
                beat(connect());
            } catch (SQLException e) {
                LOG.debug("no life sign now", e);
                disconnect();
            } catch (RuntimeException e) {
                LOG.error("the presence failed", e);
            }
        }
        if (leaving) {
            leave();
        }
        disconnect();
    }

    private boolean stopped() {
        try {
            return stop.tryAcquire(BEAT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            return true;
        }
    }

    private Session connect() throws SQLException {
        Session sql = session;
        if (sql == null) {
            sql = database.careless();
            session = sql;
            long now = nanos.getAsLong();
            // After a mere cut the others' leases have not run out: nothing to wait for.
            if (!present || now - renewedAt > LEASE.toNanos() / 2) {
                connectedAt = now;
            }
        }
        return sql;
    }

    private long renew(Session sql) throws SQLException {
        long before = nanos.getAsLong();
        long now = clock.read(sql);
        sql.update(PostgresSql.RENEW, owner, name, now + Micros.of(LEASE));
        renewedAt = before;
        present = true;
        return now;
    }

    private void beat(Session sql) throws SQLException {
        long now = renew(sql);
        beats++;
        long aliveSince = aliveSince();
        if (sql.number(PostgresSql.ANY_ORPHANS, owner, aliveSince) > 0) {
            told.lost();
        }
        long millis = TimeUnit.MICROSECONDS.toMillis(now);
        int freed = sql.update(PostgresSql.FREE_DELIVERIES, now, millis, owner, aliveSince);
        if (freed > 0 || sql.number(PostgresSql.OVERDUE, now - OVERDUE_MICROS) > 0) {
            deliveries.tellDue();
        }
        if (beats % BEATS_TO_POLL == 0) {
            told.poll();
        }
        if (beats % BEATS_TO_COUNT == 0) {
            deliveries.count(sql);
        }
        if (beats % BEATS_TO_PRUNE == 0) {
            sql.update(PostgresSql.FORGET_REPLICAS, now - FORGET_MICROS);
            told.prune();
        }
    }

    private void leave() {
        try {
            connect().update(PostgresSql.LEAVE, owner);
        } catch (SQLException e) {
            LOG.debug("could not leave; the lease runs out by itself", e);
        }
    }

    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            try {
                sql.close();
            } catch (SQLException e) {
                LOG.debug("cannot close", e);
            }
        }
    }
}
