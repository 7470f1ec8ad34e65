package dev.holdfast.store.postgresql;

import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.Survival;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This replica's life sign: one row whose number it counts up, for all its calls and deliveries at
 * once. The same beat looks for replicas whose number has stood still for a lease, by the monotonic
 * clock here: no two machines' clocks are compared. It is also the slow poll that finds what no
 * notice told.
 *
 * <p>Whoever was without the database itself has seen nobody meanwhile, so it waits for one lease
 * before it takes anything over.
 */
final class PostgresPresence {
    /** How long the others wait for a life sign before they take over. */
    static final Duration LEASE = Duration.ofSeconds(3);

    /** How often the lease is renewed, in milliseconds. */
    static final long BEAT_MILLIS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresPresence.class);

    /** A call does not leave in the last part of a lease. */
    private static final Duration LEASE_MARGIN = Duration.ofMillis(500);

    /** Nobody sees a replica dead within this time after it began to give a life sign. */
    private static final long SAFE_NANOS = LEASE.minus(LEASE_MARGIN).toNanos();

    /** Deliveries that are overdue for this long have no other replica to send them. */
    private static final long OVERDUE_MICROS = TimeUnit.MILLISECONDS.toMicros(300);

    /** Replicas are forgotten after a day without a life sign. */
    private static final long FORGET_MILLIS = TimeUnit.DAYS.toMillis(1);

    private static final int BEATS_TO_POLL = 2;
    private static final int BEATS_TO_COUNT = 4;

    /** No count begins before so many times what the last one took. */
    private static final long COUNT_RESTS = 100;

    private static final int BEATS_TO_PRUNE = 20;
    private static final long STOP_MILLIS = 3_000;

    private final PostgresDatabase database;
    private final PostgresClock clock;
    private final LongSupplier nanos;
    private final UUID owner;
    private final String name;
    private final PostgresDeliveries deliveries;
    private final Beat told;
    private final Between between;
    private final Semaphore stop = new Semaphore(0);
    private final Thread thread;
    private @Nullable Session session;
    private final Map<UUID, Sign> signs = new HashMap<>();
    private volatile Dead dead = new Dead(List.of(), List.of());
    private boolean present;
    private long beats;

    /** When deliveries are counted next at the earliest, in nanoseconds. */
    private long countNext;

    private final AtomicLong lease = new AtomicLong();
    private volatile long renewedAt;
    private volatile boolean leaving = true;

    /** A replica's number, and when it was first seen here, in nanoseconds. */
    private record Sign(long beat, long seenAt) {}

    /** Replicas that gave no life sign for a lease, each with the last one. */
    record Dead(List<UUID> ids, List<Long> beats) {
        PostgresDatabase.Column idColumn() {
            return PostgresDatabase.uuids(ids);
        }

        PostgresDatabase.Column beatColumn() {
            return PostgresDatabase.longs(beats);
        }
    }

    /** How the time between two beats passes; a simulation has a time of its own. */
    @FunctionalInterface
    interface Between {
        /** Half a second by the machine's clock. */
        Between BEATS = stop -> stop.tryAcquire(BEAT_MILLIS, TimeUnit.MILLISECONDS);

        /** Waits for the next beat; whether this replica was told to stop before it came. */
        boolean stopped(Semaphore stop) throws InterruptedException;
    }

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
            Between between,
            Beat told) {
        this.database = database;
        this.clock = clock;
        this.nanos = nanos;
        this.owner = owner;
        this.name = "pid " + ProcessHandle.current().pid();
        this.deliveries = deliveries;
        this.between = between;
        this.told = told;
        thread = Thread.ofPlatform().name("holdfast-presence").daemon(true).unstarted(this::loop);
    }

    /** Gives the first life sign, reads the clock, and goes on. */
    void start() throws SQLException {
        renew(connect());
        count(connect());
        thread.start();
    }

    /**
     * The number of the present lease: another one after each time that the others may have seen
     * this replica dead, and have taken over what it had under way.
     */
    long lease() {
        return lease.get();
    }

    /** Whether that lease holds for long enough to send a call. */
    boolean holds(long number) {
        return number == lease.get() && nanos.getAsLong() - renewedAt < SAFE_NANOS;
    }

    /** Who is dead as of the last beat. */
    Dead dead() {
        return dead;
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
            } catch (PostgresClock.Stepped e) {
                stepped(e);
            } catch (SQLException e) {
                LOG.debug("no life sign now", e);
                disconnect();
            } catch (Throwable e) {
                ProcessEnd.pass(e);
                Survival.log("the presence failed", e);
                disconnect();
            }
        }
        if (leaving) {
            leave();
        }
        disconnect();
    }

    private void stepped(PostgresClock.Stepped step) {
        LOG.warn("{}: {}; it is corrected for", database.url(), step.getMessage());
        if (!Survival.run(() -> clock.correct(connect(), step))) {
            disconnect();
        }
    }

    private boolean stopped() {
        try {
            return between.stopped(stop);
        } catch (InterruptedException _) {
            return true;
        }
    }

    private Session connect() throws SQLException {
        Session sql = session;
        if (sql == null) {
            sql = database.plain();
            session = sql;
            // After a mere cut it knows enough of the others: nothing to wait for.
            if (!present || nanos.getAsLong() - renewedAt > LEASE.toNanos() / 2) {
                signs.clear();
            }
        }
        return sql;
    }

    private long renew(Session sql) throws SQLException {
        long before = nanos.getAsLong();
        PostgresDatabase.careless().change(PostgresSql.RENEW, owner, name).run(sql);
        if (!present || nanos.getAsLong() - renewedAt >= SAFE_NANOS) {
            lease.incrementAndGet();
        }
        renewedAt = before;
        present = true;
        return clock.read(sql);
    }

    private Dead look(Session sql) throws SQLException {
        long before = nanos.getAsLong();
        Map<UUID, Long> beats = new HashMap<>();
        sql.list(PostgresSql.REPLICAS, row -> beats.put(Session.uuid(row, 1), row.getLong(2)));
        long after = nanos.getAsLong();
        signs.keySet().retainAll(beats.keySet());
        List<UUID> ids = new ArrayList<>();
        List<Long> last = new ArrayList<>();
        beats.forEach(
                (id, beat) -> {
                    Sign sign = signs.get(id);
                    if (sign == null || sign.beat() != beat) {
                        signs.put(id, new Sign(beat, after));
                    } else if (!id.equals(owner) && before - sign.seenAt() >= LEASE.toNanos()) {
                        ids.add(id);
                        last.add(beat);
                    }
                });
        return new Dead(ids, last);
    }

    private void beat(Session sql) throws SQLException {
        long now = renew(sql);
        beats++;
        Dead gone = look(sql);
        dead = gone;
        if (sql.number(PostgresSql.ANY_ORPHANS, owner, gone.idColumn(), gone.beatColumn()) > 0) {
            told.lost();
        }
        if (freed(sql, now, gone) || sql.number(PostgresSql.OVERDUE, now - OVERDUE_MICROS) > 0) {
            deliveries.tellDue();
        }
        if (beats % BEATS_TO_POLL == 0) {
            told.poll();
        }
        if (beats % BEATS_TO_COUNT == 0 && nanos.getAsLong() - countNext >= 0) {
            count(sql);
        }
        if (beats % BEATS_TO_PRUNE == 0) {
            PostgresDatabase.careless().change(PostgresSql.FORGET_REPLICAS, FORGET_MILLIS).run(sql);
            told.prune();
        }
    }

    /** The more there are the longer a count takes, and the rarer it is. */
    private void count(Session sql) throws SQLException {
        long began = nanos.getAsLong();
        deliveries.count(sql);
        long ended = nanos.getAsLong();
        countNext = ended + COUNT_RESTS * (ended - began);
    }

    private boolean freed(Session sql, long now, Dead gone) throws SQLException {
        List<UUID> freed = new ArrayList<>();
        PostgresDatabase.careless()
                .query(
                        PostgresSql.FREE_DELIVERIES,
                        row -> freed.add(Session.uuid(row, 1)),
                        now,
                        clock.wall().millis(),
                        owner,
                        gone.idColumn(),
                        gone.beatColumn())
                .run(sql);
        return !freed.isEmpty();
    }

    private void leave() {
        try {
            PostgresDatabase.careless().change(PostgresSql.LEAVE, owner).run(connect());
        } catch (SQLException e) {
            LOG.debug("could not leave; the lease runs out by itself", e);
        }
    }

    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            Survival.run(sql::close);
        }
    }
}
