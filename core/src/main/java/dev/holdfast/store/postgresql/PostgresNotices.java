package dev.holdfast.store.postgresql;

import dev.holdfast.store.Changes;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wake-ups between replicas, on two connections of their own. What was committed is told after the
 * commit and gathered for a moment, since a NOTIFY inside a transaction makes all of a database's
 * commits wait for each other. One that is lost costs time, nothing else: a slow poll finds the
 * rest.
 */
final class PostgresNotices {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresNotices.class);

    private static final String CHANNEL = "holdfast";

    /** What a notice carries at most, in bytes; the server's limit is 8,000. */
    private static final int MAX_PAYLOAD = 7_500;

    /** Changes are gathered for this long, in nanoseconds. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    /** How long one look for notices takes at most, in milliseconds. */
    private static final int LISTEN_MILLIS = 500;

    /** Looks for notices after which the connection has to show that it is alive. */
    private static final int LOOKS_TO_PROVE = 4;

    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Pause before a database is asked again that does not know LISTEN or NOTIFY. */
    private static final long UNKNOWN_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long STOP_MILLIS = 2_000;
    private static final String ANYTHING = "*";

    private final PostgresDatabase database;
    private final String self;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Set<Integer> upstreams = new LinkedHashSet<>();
    private final Set<Long> jobs = new LinkedHashSet<>();
    private final Map<Integer, String> names = new ConcurrentHashMap<>();
    private final Thread sender;
    private final Thread listener;
    private final CountDownLatch started = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile boolean listening;
    private volatile @Nullable Changes changes;
    private volatile @Nullable Connection heardBy;

    PostgresNotices(PostgresDatabase database, UUID owner) {
        this.database = database;
        this.self = owner.toString();
        sender = Thread.ofPlatform().name("holdfast-notify").daemon(true).unstarted(this::send);
        listener = Thread.ofPlatform().name("holdfast-listen").daemon(true).unstarted(this::listen);
    }

    /** Begins, and waits a moment until others are heard; if they are not, the poll has to do. */
    void start() {
        sender.start();
        listener.start();
        try {
            if (!started.await(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.warn("other replicas cannot be heard yet; they are looked at by a slow poll");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Who is told. */
    void tell(Changes changes) {
        this.changes = changes;
    }

    /** Whether others' notices come through. */
    boolean listening() {
        return listening;
    }

    /** An upstream's name, for notices that have its number. */
    void known(int upstream, String name) {
        names.put(upstream, name);
    }

    /** This replica changed something; the others are told. */
    void changed(Collection<Integer> upstreams, Collection<Long> jobs) {
        if (upstreams.isEmpty() && jobs.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            this.upstreams.addAll(upstreams);
            this.jobs.addAll(jobs);
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        closing = true;
        sender.interrupt();
        Connection listens = heardBy;
        try {
            if (listens != null) {
                listens.abort(Runnable::run);
            }
        } catch (SQLException e) {
            LOG.debug("cannot close", e);
        }
        LockSupport.unpark(listener);
        try {
            sender.join(STOP_MILLIS);
            listener.join(STOP_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void send() {
        while (!closing) {
            try (Session sql = database.plain()) {
                while (!closing) {
                    String payload = next();
                    if (payload != null) {
                        database.probe().before(WriteProbe.Step.NOTIFY);
                        PostgresDatabase.careless()
                                .query(PostgresSql.NOTIFY, _ -> {}, CHANNEL, payload)
                                .run(sql);
                        LockSupport.parkNanos(GATHER_NANOS);
                    }
                }
            } catch (SQLException e) {
                LOG.debug("others cannot be told now", e);
                LockSupport.parkNanos(pause("NOTIFY", e));
            }
        }
    }

    /** A database may do without both: the slow poll finds what nobody tells. */
    private long pause(String what, SQLException e) {
        if (!PostgresDatabase.isUnknown(e)) {
            return AGAIN_NANOS;
        }
        LOG.warn(
                "{} has no {} ({}): what other replicas do is looked for every second",
                database.url(),
                what,
                e.getMessage());
        return UNKNOWN_AGAIN_NANOS;
    }

    private @Nullable String next() {
        lock.lock();
        try {
            while (upstreams.isEmpty() && jobs.isEmpty()) {
                news.await();
            }
            String payload = payload();
            upstreams.clear();
            jobs.clear();
            return payload;
        } catch (InterruptedException _) {
            return null;
        } finally {
            lock.unlock();
        }
    }

    private String payload() {
        StringBuilder text = new StringBuilder(self);
        append(text, upstreams);
        append(text, jobs);
        return text.length() > MAX_PAYLOAD
                ? self + ":" + ANYTHING + ":" + ANYTHING
                : text.toString();
    }

    private static void append(StringBuilder text, Collection<? extends Number> numbers) {
        text.append(':');
        for (Iterator<? extends Number> each = numbers.iterator(); each.hasNext(); ) {
            text.append(each.next()).append(each.hasNext() ? "," : "");
        }
    }

    private void listen() {
        while (!closing) {
            long pause = AGAIN_NANOS;
            try (Connection connection = database.connect();
                    Session sql = PostgresDatabase.on(connection)) {
                heardBy = connection;
                database.probe().before(WriteProbe.Step.NOTIFY);
                sql.run("LISTEN " + CHANNEL);
                listening = true;
                started.countDown();
                tellAnything();
                PGConnection notices = connection.unwrap(PGConnection.class);
                for (int looks = 1; !closing; looks++) {
                    if (looks % LOOKS_TO_PROVE == 0) {
                        // One whose other end is gone without a word is silent for ever.
                        sql.number(PostgresSql.SERVER_PROCESS);
                    }
                    for (PGNotification notice : notices.getNotifications(LISTEN_MILLIS)) {
                        heard(sql, notice.getParameter());
                    }
                }
            } catch (SQLException e) {
                LOG.debug("others cannot be heard now", e);
                pause = pause("LISTEN", e);
                started.countDown();
            } finally {
                listening = false;
                heardBy = null;
            }
            if (!closing) {
                LockSupport.parkNanos(pause);
            }
        }
    }

    private void heard(Session sql, String payload) throws SQLException {
        Changes told = changes;
        String[] parts = payload.split(":", -1);
        if (told == null || parts.length != 3 || parts[0].equals(self)) {
            return;
        }
        if (parts[1].equals(ANYTHING)) {
            told.anything();
            return;
        }
        for (String job : numbers(parts[2])) {
            told.job(Long.parseLong(job));
        }
        for (String upstream : numbers(parts[1])) {
            String name = name(sql, Integer.parseInt(upstream));
            if (name != null) {
                told.upstream(name);
            }
        }
    }

    private static List<String> numbers(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    private @Nullable String name(Session sql, int upstream) throws SQLException {
        String known = names.get(upstream);
        if (known != null) {
            return known;
        }
        String name =
                sql.first(
                        PostgresSql.UPSTREAM_NAMES,
                        row -> Session.text(row, 2),
                        PostgresDatabase.ints(List.of(upstream)));
        if (name != null) {
            names.put(upstream, name);
        }
        return name;
    }

    private void tellAnything() {
        Changes told = changes;
        if (told != null) {
            told.anything();
        }
    }
}
