package dev.holdfast.store.sqlite;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.BatchWrites;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.StoredOperations;
import dev.holdfast.store.transition.partition.IdleLedgers;
import dev.holdfast.store.transition.pruning.LedgerPruning;
import dev.holdfast.store.transition.pruning.Pruning;
import dev.holdfast.store.transition.pruning.Pruning.Due;
import dev.holdfast.store.transition.pruning.PruningPace;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** The steps of {@link Pruning} on SQLite. */
final class SqlitePruning {
    private final StoreOptions options;
    private final Pruning pruning;
    private final LedgerPruning ledgers;
    private final IdleLedgers idle;
    private final Space space = new Space();

    /** What a step is to take, in nanoseconds: a few dozen jobs. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final PruningPace pace;
    private volatile Map<String, Long> cacheEntries;

    SqlitePruning(StoreOptions options, LongSupplier nanos) {
        this.options = options;
        pace = new PruningPace(nanos, STEP_NANOS);
        pruning = new Pruning(options);
        ledgers = new LedgerPruning(options);
        idle = new IdleLedgers(options);
        cacheEntries = options.cacheEntries();
    }

    /** Other bounds from now on. */
    void bound(Duration ledger, Map<String, Long> entries) {
        ledgers.remember(ledger);
        idle.remember(ledger);
        cacheEntries = Map.copyOf(entries);
    }

    private record Kept(long job, long keyHigh) {}

    /**
     * One step.
     *
     * @param written writes of all so far, this one among them
     */
    PruningPace.Step step(SqliteTransaction tx, long written) throws SQLException {
        pace.begins();
        boolean more = false;
        for (Map.Entry<String, Long> bound : cacheEntries.entrySet()) {
            more |= evict(tx, bound.getKey(), bound.getValue());
        }
        long now = tx.now();
        List<Due<Pruning.Old>> requests =
                tx.sql.list(
                        SqliteSql.OLD_REQUESTS,
                        row ->
                                new Due<>(
                                        new Pruning.Old(row.getInt(1), Session.uuid(row, 2)),
                                        row.getLong(3)),
                        now,
                        pace.size());
        pruning.pruneRequests(tx, requests.stream().map(Due::what).toList());
        more |= requests.size() == pace.size();
        List<Due<Long>> jobs =
                tx.sql.list(
                        SqliteSql.PRUNABLE,
                        row -> new Due<>(row.getLong(1), row.getLong(2)),
                        now,
                        pace.size());
        more |= pruning.prune(tx, jobs.stream().map(Due::what).toList());
        more |= StoredContents.sweep(tx, now);
        more |= idle.step(tx, now) || ledgers.step(tx, now); // one of them locks a ledger
        more |= BatchWrites.prune(tx, now);
        StoredOperations.prune(tx, now);
        more |= Pruning.pruneKeys(tx, now) || jobs.size() == pace.size();
        more |= space.step(tx, !more);
        return pace.ends(more, Math.max(Due.late(requests, now), Due.late(jobs, now)), written);
    }

    /** How long the file is. */
    Store.Size size() {
        return space.size();
    }

    private boolean evict(SqliteTransaction tx, String route, long bound) throws SQLException {
        long excess = tx.backlog.cached(route) - bound;
        if (excess <= 0) {
            return false;
        }
        List<Kept> oldest =
                tx.sql.list(
                        SqliteSql.OLDEST_RESULTS,
                        row -> new Kept(row.getLong(1), row.getLong(2)),
                        route,
                        Math.min(excess, pace.size()));
        // Whose requests are still to be looked up goes with them, and need not be looked at
        // before.
        long early = tx.wall() - options.retention().succeeded().toMillis();
        for (Kept kept : oldest) {
            tx.sql.update(SqliteSql.EVICT_RESULT, early, tx.now(), kept.job());
            tx.backlog.removeJob(kept.keyHigh(), kept.job(), tx.undo);
            tx.backlog.cached(route, -1, tx.undo);
        }
        return excess > oldest.size();
    }
}
