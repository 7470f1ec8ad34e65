package dev.holdfast.store.postgresql;

import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Survival;
import dev.holdfast.store.postgresql.PostgresWrite.Kind;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.Write;
import dev.holdfast.store.transition.Write.Operation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that writes, and the thread that does so: many callers' operations in one
 * transaction. A batch locks all its upstreams first, in order. If an operation fails, the batch is
 * taken back and each runs alone, so that only the guilty one fails.
 *
 * <p>While the database is lost, or silent for too long, callers are refused at once; the thread
 * goes on trying to reach it.
 */
final class PostgresWriter {
    /** Operations that may wait; more are refused at once. */
    static final int MAX_WAITING = 32_768;

    /** Operations in one transaction. */
    static final int MAX_BATCH = 512;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresWriter.class);

    /** A batch that takes longer than this makes new callers be refused, in nanoseconds. */
    private static final long STALLED_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

    /** Writes are waited for so long at most, where the last transaction had many. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long GATHER_LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Pause between two attempts to reach a database that is lost, in nanoseconds. */
    private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Pause before writes are tried again whose upstream another has locked, in nanoseconds. */
    private static final long CONTENDED_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How often a transaction runs anew that met a deadlock or lost its connection. */
    private static final int ONCE_MORE = 3;

    private static final long STOP_MILLIS = 5_000;

    private final PostgresDatabase database;
    private final Committed committed;
    private final Bulk bulk;
    private final Function<Session, PostgresTransaction> transactions;
    private final BlockingQueue<PostgresWrite<?>> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final PutOff putOff;
    private final Set<Long> handedOut = new HashSet<>();
    private final Thread thread;
    private @Nullable Session session;
    private boolean uncertain;
    private int lastBatch;
    private long written;
    private volatile CommitWatch watch = CommitWatch.NONE;
    private volatile boolean lost;
    private volatile boolean closing;
    private volatile long busySince;

    /** Does what was gathered for one transaction, under the locks. */
    @FunctionalInterface
    interface Bulk {
        void run(PostgresTransaction tx) throws SQLException;
    }

    /** Told of each commit, before the callers. */
    interface Committed {
        /** Whether calls are claimed here, so that it is known which were handed out. */
        default boolean claims() {
            return false;
        }

        void by(PostgresTransaction tx);

        /** A commit's answer was lost: anything may have changed. */
        default void unsure() {}

        /** The database's clock was set: to be corrected for before anything is decided. */
        default void stepped(Session sql, PostgresClock.Stepped step) throws SQLException {}

        /** A connection was lost, with whatever its transaction had taken. */
        default void cut() {}
    }

    /**
     * @param apart upstreams whose partitions are, as the transactions find them
     */
    PostgresWriter(
            String name,
            PostgresDatabase database,
            Function<Session, PostgresTransaction> transactions,
            Bulk bulk,
            Committed committed,
            Set<String> apart) {
        this.putOff = new PutOff(apart);
        this.database = database;
        this.transactions = transactions;
        this.bulk = bulk;
        this.committed = committed;
        thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::loop);
    }

    void watch(CommitWatch watch) {
        this.watch = watch;
    }

    /** Connects and begins. */
    void start() throws SQLException {
        session = database.writer();
        thread.start();
    }

    /** Adds a write that needs the locks of these upstreams. */
    <T> CompletionStage<T> submit(
            Collection<String> upstreams, Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.LOCKED, upstreams, operation));
    }

    /**
     * Adds a write that needs the locks of these partitions alone, and of others that it finds
     * free.
     *
     * @param partitions the names of their queues; null for the upstream as a whole
     */
    <T> CompletionStage<T> submit(
            String upstream,
            @Nullable List<String> partitions,
            Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.LOCKED, upstream, partitions, operation));
    }

    /**
     * Adds a write that only says what it wants, and is done with all others of its kind.
     *
     * @param partitions the names of their queues; null for the upstream as a whole
     */
    <T> CompletionStage<T> gather(
            String upstream,
            @Nullable List<String> partitions,
            Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.GATHERED, upstream, partitions, operation));
    }

    /** Adds a write whose locks have to be looked for first, for what is done to many at once. */
    <T> CompletionStage<T> submitSought(
            PostgresWrite.Seek seek, Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(seek, operation));
    }

    /** Adds a write that finds out itself which upstreams it locks. */
    <T> CompletionStage<T> submitAlone(Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.ALONE, List.of(), operation));
    }

    private <T> CompletionStage<T> submit(PostgresWrite<T> write) {
        String refused = null;
        if (closing) {
            refused = "the store is closed";
        } else if (!healthy()) {
            refused = "the database does not answer";
        } else if (!waiting.offer(write)) {
            refused = "too many writes wait for the database";
        }
        return refused == null
                ? write.done
                : CompletableFuture.failedFuture(new StoreUnavailable(refused, null));
    }

    /** Writes that were taken so far; on the thread that runs them. */
    long written() {
        return written;
    }

    boolean healthy() {
        long since = busySince;
        return !lost && (since == 0 || System.nanoTime() - since < STALLED_NANOS);
    }

    /** Finishes the writes in hand. */
    void close() {
        closing = true;
        // Wakes it; one more write with nothing to do is not refused by anybody.
        waiting.offer(new PostgresWrite<>(Kind.ALONE, List.of(), _ -> null));
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Has calls given back that were claimed but never handed out, since a commit whose answer was
     * lost may show only later; called again and again.
     */
    void compare() {
        if (!closing && healthy()) {
            waiting.offer(
                    new PostgresWrite<>(
                            Kind.ALONE,
                            List.of(),
                            tx -> given(PostgresGivingBack.run(tx, handedOut))));
        }
    }

    private static int given(int calls) {
        if (calls > 0) {
            LOG.info("{} calls that were not made are queued again", calls);
        }
        return calls;
    }

    private void loop() {
        while (!closing || !waiting.isEmpty() || !putOff.isEmpty()) {
            List<PostgresWrite<?>> batch = new ArrayList<>(MAX_BATCH);
            try {
                round(batch);
            } catch (Throwable e) {
                ProcessEnd.pass(e);
                Survival.log("the writer failed", e);
                disconnect();
            } finally {
                busySince = 0;
                if (batch.stream().anyMatch(write -> isOpen(write))) {
                    refuse(batch.stream().filter(this::isOpen).toList(), "the writer failed", true);
                }
            }
        }
        disconnect();
    }

    private boolean isOpen(PostgresWrite<?> write) {
        return !write.done.isDone() && !putOff.contains(write);
    }

    private void round(List<PostgresWrite<?>> batch) {
        next(batch);
        if (connected() == null) {
            waiting.drainTo(batch);
            refuse(batch, "the database is lost", false);
            if (!closing) {
                LockSupport.parkNanos(RECONNECT_NANOS);
            }
        } else if (!batch.isEmpty()) {
            runBatch(batch);
        }
    }

    private void next(List<PostgresWrite<?>> batch) {
        long wait = putOff.isEmpty() ? RECONNECT_NANOS : CONTENDED_NANOS;
        try {
            PostgresWrite<?> first =
                    session == null ? waiting.poll() : waiting.poll(wait, TimeUnit.NANOSECONDS);
            batch.addAll(putOff.take());
            if (first != null) {
                batch.add(first);
                gather();
                waiting.drainTo(batch, MAX_BATCH - 1);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Callers who were answered by the last transaction ask again in the next moment: one that
     * takes them together costs little more than one that takes the first of them.
     */
    private void gather() {
        long until = System.nanoTime() + GATHER_NANOS;
        while (waiting.size() < lastBatch / 2 && System.nanoTime() < until) {
            LockSupport.parkNanos(GATHER_LOOK_NANOS);
        }
    }

    private void runBatch(List<PostgresWrite<?>> batch) {
        lastBatch = batch.size();
        written += batch.size();
        List<PostgresWrite<?>> together = new ArrayList<>();
        List<PostgresWrite<?>> apart = new ArrayList<>();
        List<PostgresWrite<?>> alone = new ArrayList<>();
        long now = System.nanoTime();
        for (PostgresWrite<?> write : batch) {
            if (PutOff.isLate(write, now)) {
                refuse(List.of(write), "another holds the lock of its upstream", false);
            } else if (write.kind == Kind.ALONE) {
                alone.add(write);
            } else {
                (putOff.isApart(write) ? apart : together).add(write);
            }
        }
        if (!together.isEmpty()) {
            // Asks come first: they are decided by what was read with the locks.
            together.sort(Comparator.comparing(write -> write.kind));
            run(together);
        }
        apart.sort(Comparator.comparing(write -> write.kind));
        PutOff.byUpstream(apart).forEach(this::run);
        alone.forEach(write -> run(List.of(write)));
    }

    /** All of it or nothing, whatever is thrown; each caller is told, or waits for a lock. */
    private void run(List<PostgresWrite<?>> batch) {
        Set<String> also = new HashSet<>();
        for (int tries = 1; ; tries++) {
            Session sql = connected();
            if (sql == null) {
                refuse(batch, "the database is lost", false);
                return;
            }
            busySince = Math.max(1, System.nanoTime());
            boolean committing = false;
            PostgresTransaction tx = transactions.apply(sql);
            try {
                run(tx, batch, also);
                committing = true;
                database.probe().before(WriteProbe.Step.COMMIT);
                tx.commit();
                database.probe().before(WriteProbe.Step.ANSWER);
                handedOut.addAll(tx.claimed);
                handedOut.removeAll(tx.settled);
            } catch (Throwable thrown) {
                ProcessEnd.pass(thrown);
                Throwable e = thrown instanceof QueueRows.Unread unread ? unread.why() : thrown;
                if (e instanceof NotLocked missing) {
                    also.addAll(missing.upstreams());
                }
                if (takenBack(tx, e, committing) && tries < ONCE_MORE) {
                    continue;
                }
                failed(batch, e, committing && !isServersWord(e));
                return;
            }
            // It is durable: whatever goes wrong from here on takes nothing back.
            long took = System.nanoTime() - busySince;
            Survival.run(() -> watch.committed(batch.size(), took));
            Survival.run(() -> tx.tell(watch));
            Survival.run(() -> committed.by(tx));
            batch.forEach(PostgresWrite::succeed);
            putOff.had(batch);
            return;
        }
    }

    /** An error that leaves the connection sound is what the server answered: no commit. */
    private static boolean isServersWord(Throwable e) {
        return e instanceof SQLException sql && PostgresDatabase.isConnectionSound(sql);
    }

    /** Whether the same batch may work if it is run again at once. */
    private boolean takenBack(PostgresTransaction tx, Throwable e, boolean committing) {
        boolean unknown = committing && !isServersWord(e);
        if (unknown) {
            uncertain = true;
            Survival.run(() -> handedOut.removeAll(tx.claimed));
        }
        boolean sound = isServersWord(e) || (e instanceof RuntimeException && !unknown);
        if (!(sound && Survival.run(tx.sql::rollback))) {
            Survival.run(
                    () ->
                            LOG.warn(
                                    "the connection to {} is lost: {}",
                                    database.url(),
                                    e.getMessage()));
            disconnect();
            return e instanceof SQLException && !unknown;
        }
        if (e instanceof PostgresClock.Stepped step) {
            LOG.warn("{}: {}; it is corrected for", database.url(), step.getMessage());
            return Survival.run(() -> committed.stepped(tx.sql, step));
        }
        return e instanceof NotLocked
                || (e instanceof SQLException sql && PostgresDatabase.isOnceMore(sql));
    }

    private void failed(List<PostgresWrite<?>> batch, Throwable e, boolean mayBeCommitted) {
        boolean database = e instanceof SQLException sql && PostgresDatabase.isUnavailable(sql);
        var apart = PutOff.byUpstream(batch);
        if (mayBeCommitted) {
            refuse(batch, e.getMessage(), true);
        } else if (!database) {
            guilty(batch, e);
        } else if (apart.size() > 1 && isServersWord(e)) {
            apart.forEach(this::run);
        } else if (e instanceof SQLException sql && PostgresDatabase.isLocked(sql)) {
            putOff(batch);
        } else {
            refuse(batch, e.getMessage(), false);
        }
    }

    /** Puts off those of a batch that wait for others; the others run. */
    private void putOff(List<PostgresWrite<?>> batch) {
        List<PostgresWrite<?>> free = new ArrayList<>(batch);
        if (batch.stream().allMatch(putOff::isPartial)) {
            Set<String> partitions = freePartitions(batch);
            free.removeIf(
                    write -> write.partitions == null || !partitions.containsAll(write.partitions));
        }
        List<PostgresWrite<?>> locked = new ArrayList<>(batch);
        if (free.size() < batch.size()) {
            locked.removeAll(free);
        } else {
            free.clear();
        }
        putOff.add(locked, System.nanoTime());
        if (!free.isEmpty()) {
            run(free);
        }
    }

    /** Of the partitions that writes are about, those that nobody has locked at this moment. */
    private Set<String> freePartitions(List<PostgresWrite<?>> batch) {
        Session sql = connected();
        if (sql == null) {
            return Set.of();
        }
        List<String> names = List.copyOf(PostgresWrite.reach(batch, List.of()).partitions());
        try {
            List<String> free =
                    sql.list(
                            PostgresSql.FREE_PARTITIONS,
                            row -> Session.text(row, 1),
                            PostgresDatabase.texts(names));
            sql.rollback();
            return Set.copyOf(free);
        } catch (SQLException e) {
            LOG.debug("it is not known which partitions are locked", e);
            disconnect();
            return Set.of();
        }
    }

    private void run(PostgresTransaction tx, List<PostgresWrite<?>> batch, Set<String> also)
            throws SQLException {
        List<PostgresWrite<?>> later = new ArrayList<>();
        for (PostgresWrite<?> write : batch) {
            write.seek(tx);
            if (write.kind == Kind.GATHERED) {
                write.run(tx);
            } else {
                later.add(write);
            }
        }
        if (batch.getFirst().kind != Kind.ALONE) {
            tx.lock(PostgresWrite.reach(batch, also));
            bulk.run(tx);
        }
        if (!later.isEmpty()) {
            tx.flush();
        }
        for (PostgresWrite<?> write : later) {
            write.run(tx);
        }
        tx.keepsWithin();
    }

    /** The connection, made anew if it was lost; null if that does not work now. */
    private @Nullable Session connected() {
        if (session != null) {
            return session;
        }
        try {
            Session fresh = database.writer();
            session = fresh;
            if (uncertain) {
                uncertain = false;
                if (committed.claims()) {
                    giveBack(fresh);
                }
                Survival.run(committed::unsure);
            }
            if (lost) {
                lost = false;
                LOG.info("{} can be written again", database.url());
            }
            return session;
        } catch (SQLException e) {
            if (!lost) {
                lost = true;
                LOG.warn("cannot reach {}: {}", database.url(), e.getMessage());
            }
            return null;
        }
    }

    /** Undoes claims that may have been committed though their callers were told otherwise. */
    private void giveBack(Session fresh) {
        PostgresTransaction tx = transactions.apply(fresh);
        boolean done =
                Survival.run(
                        () -> {
                            given(PostgresGivingBack.run(tx, handedOut));
                            tx.commit();
                            committed.by(tx);
                        });
        if (!done && !Survival.run(fresh::rollback)) {
            disconnect();
        }
    }

    private void guilty(List<PostgresWrite<?>> batch, Throwable e) {
        if (batch.size() == 1) {
            batch.getFirst()
                    .fail(e instanceof Error ? unavailable(e.toString(), false) : Write.blame(e));
        } else {
            batch.forEach(write -> run(List.of(write)));
        }
    }

    private static StoreUnavailable unavailable(@Nullable String why, boolean uncertain) {
        return new StoreUnavailable("the store cannot write: " + why, null, uncertain);
    }

    private void refuse(List<PostgresWrite<?>> batch, @Nullable String why, boolean uncertain) {
        if (!batch.isEmpty()) {
            Survival.run(() -> watch.failed(batch.size()));
        }
        StoreUnavailable unavailable = unavailable(why, uncertain);
        batch.forEach(write -> write.fail(unavailable));
    }

    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            Survival.run(committed::cut);
            Survival.run(sql::close);
        }
    }
}
