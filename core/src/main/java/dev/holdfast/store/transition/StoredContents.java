package dev.holdfast.store.transition;

import dev.holdfast.request.Body;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.ContentSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Contents}, the same on SQLite and PostgreSQL; safe for many threads. */
public final class StoredContents implements Contents {
    private static final Logger LOG = LoggerFactory.getLogger(StoredContents.class);

    /** Pieces that are deleted in one step; one is read and freed in no time. */
    static final int PIECES_AT_ONCE = 64;

    /** Contents that are looked at in one step. */
    private static final int CONTENTS_AT_ONCE = 16;

    /** Pieces that are read at once: look-ups have connections of their own beside them. */
    private static final int READING = 2;

    /** How long a thread that reads pieces waits for the next one, in seconds. */
    private static final long IDLE_SECONDS = 10;

    private final Function<Write.Operation<Transaction, Boolean>, CompletionStage<Boolean>> writer;
    private final Readers pool;
    private final KeptBytes kept;
    private final ThreadPoolExecutor reading;

    // Under the lock of this.
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private int writing;

    /**
     * Contents in a database.
     *
     * @param options how much is kept
     * @param writer runs a write in a transaction; its stage completes when that is committed. It
     *     is durable as soon as a later one is by which a job refers to what was written: so a
     *     large body waits for the disk once, not with each of its pieces
     */
    public StoredContents(
            StoreOptions options,
            Function<Write.Operation<Transaction, Boolean>, CompletionStage<Boolean>> writer,
            Readers pool) {
        this.writer = writer;
        this.pool = pool;
        kept = new KeptBytes(options, System::nanoTime);
        reading = readers();
    }

    /** A few of the platform's threads, which end when nobody reads. First come, first served. */
    private static ThreadPoolExecutor readers() {
        var threads =
                new ThreadPoolExecutor(
                        READING,
                        READING,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("holdfast-pieces-", 0).daemon(true).factory());
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    @Override
    public CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        begin(() -> write(owner, id, number, bytes, written));
        return written;
    }

    private void write(
            Owner owner, UUID id, int number, byte[] bytes, CompletableFuture<Void> written) {
        long size = (long) number * CHUNK_BYTES + bytes.length;
        writer.apply(
                        tx -> {
                            if (number == 0
                                    && owner.maxPending() < Integer.MAX_VALUE
                                    && tx.pending(owner.client()) >= owner.maxPending()) {
                                return false;
                            }
                            long until = tx.now() + Micros.of(LEASE);
                            int client = owner.client();
                            if (number == 0) {
                                tx.sql.update(ContentSql.ADD_CONTENT, id, client, size, until);
                            } else {
                                addTo(tx.sql, id, (long) number * CHUNK_BYTES, size, until);
                            }
                            tx.sql.update(ContentSql.ADD_PIECE, id, number, bytes);
                            return true;
                        })
                .whenComplete(
                        (done, error) -> {
                            next();
                            if (error == null && done) {
                                kept.wrote(owner.client(), bytes.length);
                                written.complete(null);
                            } else if (error == null) {
                                written.completeExceptionally(new TooManyPending());
                            } else {
                                written.completeExceptionally(error);
                            }
                        });
    }

    /**
     * Another piece. It is nobody's before the commit that refers to all of them: a server that
     * crashed in between has lost some, and what is left is not taken for the whole.
     *
     * @throws StatementRefused if those before it are not there any more
     */
    private static void addTo(Session sql, UUID id, long before, long size, long until)
            throws SQLException {
        if (sql.update(ContentSql.NEXT_OF_CONTENT, size, until, id, before) == 0) {
            throw new StatementRefused(
                    new SQLException("pieces of content " + id + " are not there any more"));
        }
    }

    /** So few are written at once that others' writes are not held up by much. */
    private void begin(Runnable write) {
        synchronized (this) {
            if (writing == MAX_WRITING) {
                waiting.add(write);
                return;
            }
            writing++;
        }
        write.run();
    }

    private void next() {
        Runnable write;
        synchronized (this) {
            write = waiting.poll();
            if (write == null) {
                writing--;
            }
        }
        if (write != null) {
            write.run();
        }
    }

    @Override
    public CompletionStage<Void> drop(UUID id) {
        return writer.apply(tx -> tx.sql.update(ContentSql.DROP_CONTENT, tx.now(), id) > 0)
                .thenAccept(_ -> {});
    }

    /** By threads of their own: a read in a file would keep a virtual thread's carrier. */
    @Override
    public byte @Nullable [] chunk(UUID id, int number) {
        var piece = new CompletableFuture<byte @Nullable []>();
        reading.execute(
                () -> {
                    try {
                        piece.complete(read(id, number));
                    } catch (Throwable e) {
                        piece.completeExceptionally(e);
                    }
                });
        try {
            return piece.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable("interrupted while waiting for the store", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreUnavailable unavailable) {
                throw unavailable;
            }
            throw new StoreUnavailable("the store cannot read a piece", e.getCause());
        }
    }

    private byte @Nullable [] read(UUID id, int number) {
        return pool.read(
                        sql ->
                                Optional.ofNullable(
                                        sql.first(
                                                ContentSql.PIECE,
                                                row -> row.getBytes(1),
                                                id,
                                                number)))
                .orElse(null);
    }

    @Override
    public Room room(int client) {
        if (kept.beginAgain()) {
            reading.execute(this::countAgain);
        }
        return kept.room(client);
    }

    private void countAgain() {
        try {
            counted();
        } catch (StoreUnavailable e) {
            LOG.debug("cannot count what is kept", e);
        }
    }

    /**
     * Counts what is kept, unless somebody does; blocking.
     *
     * @throws StoreUnavailable if it cannot be read
     */
    public void count() {
        if (kept.begin()) {
            counted();
        }
    }

    private void counted() {
        Map<Integer, Long> found = null;
        try {
            found = pool.read(StoredContents::kept);
        } finally {
            kept.end(found);
        }
    }

    private static Map<Integer, Long> kept(Session sql) throws SQLException {
        Map<Integer, Long> kept = new HashMap<>();
        sql.each(ContentSql.KEPT_BYTES, row -> kept.put(row.getInt(1), row.getLong(2)));
        return kept;
    }

    /**
     * A job of this client's refers to it from now on.
     *
     * @throws StatementRefused if not all of it is there
     */
    public static void hold(Transaction tx, int client, Body.Kept body) throws SQLException {
        if (tx.sql.update(ContentSql.HOLD_CONTENT, client, body.id(), body.size()) == 0) {
            throw new StatementRefused(
                    new SQLException("content " + body.id() + " is not there, or not all of it"));
        }
    }

    /** A job refers to it no more. */
    static void release(Transaction tx, Body.Kept body) throws SQLException {
        tx.sql.update(ContentSql.RELEASE_CONTENT, tx.now(), body.id());
    }

    /** A job that is about to be forgotten refers to its own no more. */
    public static void release(Transaction tx, long job) throws SQLException {
        tx.sql.update(ContentSql.RELEASE_CONTENTS, tx.now(), job, job);
    }

    /**
     * Deletes some of what nobody refers to, and is not going to.
     *
     * @return whether there may be more
     */
    public static boolean sweep(Transaction tx, long now) throws SQLException {
        List<UUID> old =
                tx.sql.list(
                        ContentSql.DROPPED_CONTENTS,
                        row -> Session.uuid(row, 1),
                        now,
                        CONTENTS_AT_ONCE);
        int left = PIECES_AT_ONCE;
        for (UUID id : old) {
            // Whoever would refer to it now is too late, or was first.
            if (tx.sql.update(ContentSql.SWEEP_CONTENT, id, now) == 0) {
                continue;
            }
            left -= tx.sql.update(ContentSql.DELETE_PIECES, id, id, Math.max(1, left));
            if (left <= 0) {
                return true;
            }
            tx.sql.update(ContentSql.DELETE_CONTENT, id);
        }
        return old.size() == CONTENTS_AT_ONCE;
    }
}
