package dev.holdfast.store.sqlite;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.transition.LedgerWrites;
import dev.holdfast.store.transition.Settling;
import dev.holdfast.store.transition.Write;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a store does first that is a copy of another: that one went on, and what it called is known
 * to nobody here. So every window counts as full from now on, and as if none of those calls had
 * been heard of yet (P1); and what waits and must not be called twice fails as uncertain, with word
 * to whoever asked. Blocking; nothing else runs on the store yet.
 */
final class Copy {
    private static final Logger LOG = LoggerFactory.getLogger(Copy.class);

    /** Jobs ended in one transaction. */
    private static final int JOBS_AT_ONCE = 256;

    private final GroupCommit commits;
    private final Settling settling;
    private final Path file;

    Copy(GroupCommit commits, Settling settling, Path file) {
        this.commits = commits;
        this.settling = settling;
        this.file = file;
    }

    /** When a copy was made that has not taken over; null if it has, or is none. */
    static @Nullable Instant of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(SqliteSql.COPIED)) {
            return found.next() ? Instant.ofEpochMilli(found.getLong(1)) : null;
        }
    }

    /**
     * Takes over.
     *
     * @param made when the copy was made
     * @throws StoreUnavailable if it cannot be written; the next start begins anew
     */
    void takeOver(Instant made) {
        LOG.warn(
                "{} was restored from a copy of {}: what was asked since is not known here, and as"
                        + " many calls as any quota allows count as made since",
                file,
                made);
        String why =
                "it was restored from a copy of "
                        + made
                        + "; it may have been called since, and must not be called twice";
        long failed = 0;
        List<Long> some;
        long last = 0;
        do {
            long after = last;
            some = write(tx -> doubt(tx, after, why));
            failed += some.size();
            last = some.isEmpty() ? last : some.getLast();
        } while (some.size() == JOBS_AT_ONCE);
        write(Copy::fill);
        if (failed > 0) {
            LOG.warn(
                    "{} calls that must not be made twice may have been made since: their requests"
                            + " failed as uncertain; retry those that the upstream does not know",
                    failed);
        }
    }

    private List<Long> doubt(SqliteTransaction tx, long after, String why) throws SQLException {
        List<Long> jobs =
                tx.sql.list(SqliteSql.DOUBTFUL, row -> row.getLong(1), after, JOBS_AT_ONCE);
        settling.doubt(tx, jobs, why);
        return jobs;
    }

    /** From now on it is no copy, but a store whose ledgers are full. */
    private static @Nullable Void fill(SqliteTransaction tx) throws SQLException {
        for (int ledger : tx.sql.list(SqliteSql.LEDGERS, row -> row.getInt(1))) {
            LedgerWrites.unknown(tx, ledger);
        }
        tx.sql.update(SqliteSql.TAKE_OVER, tx.now() - tx.heldOver(), tx.wall());
        return null;
    }

    private <T> T write(Write.Operation<SqliteTransaction, T> operation) {
        CompletableFuture<T> written = commits.submit(operation).toCompletableFuture();
        while (!written.isDone()) {
            commits.runBatch();
        }
        try {
            return written.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreUnavailable cause
                    ? cause
                    : new StoreUnavailable(file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
