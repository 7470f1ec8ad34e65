package dev.holdfast.store.transition;

import dev.holdfast.request.Body;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@link Contents}, the same on SQLite and PostgreSQL; safe for many threads. */
public final class StoredContents implements Contents {
    /** Pieces that are deleted in one step; one is read and freed in no time. */
    static final int PIECES_AT_ONCE = 64;

    /** Contents that are looked at in one step. */
    private static final int CONTENTS_AT_ONCE = 16;

    private final Function<Write.Operation<Transaction, Void>, CompletionStage<Void>> writer;
    private final Readers pool;

    // Under the lock of this.
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private int writing;

    /**
     * Contents in a database.
     *
     * @param writer runs a write in a transaction; its stage completes when that is durable
     */
    public StoredContents(
            Function<Write.Operation<Transaction, Void>, CompletionStage<Void>> writer,
            Readers pool) {
        this.writer = writer;
        this.pool = pool;
    }

    @Override
    public CompletionStage<Void> append(UUID id, int number, byte[] bytes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        begin(() -> write(id, number, bytes, written));
        return written;
    }

    private void write(UUID id, int number, byte[] bytes, CompletableFuture<Void> written) {
        long size = (long) number * CHUNK_BYTES + bytes.length;
        writer.apply(
                        tx -> {
                            long until = tx.now() + Micros.of(LEASE);
                            tx.sql.update(CommonSql.ADD_CONTENT, id, size, until);
                            tx.sql.update(CommonSql.ADD_PIECE, id, number, bytes);
                            return null;
                        })
                .whenComplete(
                        (_, error) -> {
                            next();
                            if (error == null) {
                                written.complete(null);
                            } else {
                                written.completeExceptionally(error);
                            }
                        });
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
        return writer.apply(
                tx -> {
                    tx.sql.update(CommonSql.DROP_CONTENT, tx.now(), id);
                    return null;
                });
    }

    @Override
    public byte @Nullable [] chunk(UUID id, int number) {
        return pool.read(
                        sql ->
                                Optional.ofNullable(
                                        sql.first(
                                                CommonSql.PIECE,
                                                row -> row.getBytes(1),
                                                id,
                                                number)))
                .orElse(null);
    }

    /**
     * A job refers to it from now on.
     *
     * @throws StatementRefused if not all of it is there
     */
    public static void hold(Transaction tx, Body.Kept body) throws SQLException {
        if (tx.sql.update(CommonSql.HOLD_CONTENT, body.id(), body.size()) == 0) {
            throw new StatementRefused(
                    new SQLException("content " + body.id() + " is not there, or not all of it"));
        }
    }

    /** A job that is about to be forgotten refers to its own no more. */
    static void release(Transaction tx, long job) throws SQLException {
        tx.sql.update(CommonSql.RELEASE_CONTENTS, tx.now(), job, job);
    }

    /**
     * Deletes some of what nobody refers to, and is not going to.
     *
     * @return whether there may be more
     */
    public static boolean sweep(Transaction tx, long now) throws SQLException {
        List<UUID> old =
                tx.sql.list(
                        CommonSql.DROPPED_CONTENTS,
                        row -> Session.uuid(row, 1),
                        now,
                        CONTENTS_AT_ONCE);
        int left = PIECES_AT_ONCE;
        for (UUID id : old) {
            // Whoever would refer to it now is too late, or was first.
            if (tx.sql.update(CommonSql.SWEEP_CONTENT, id, now) == 0) {
                continue;
            }
            left -= tx.sql.update(CommonSql.DELETE_PIECES, id, id, Math.max(1, left));
            if (left <= 0) {
                return true;
            }
            tx.sql.update(CommonSql.DELETE_CONTENT, id);
        }
        return old.size() == CONTENTS_AT_ONCE;
    }
}
