package dev.holdfast.store.postgresql;

import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.connection.PostgresSql;
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
import java.util.stream.Stream;

/** The steps of {@link Pruning} on PostgreSQL, on one replica at a time. */
final class PostgresPruning {
    /** What a step is to take, in nanoseconds: there and back are half of it, the rest is jobs. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final StoreOptions options;
    private final Pruning pruning;
    private final LedgerPruning ledgers;
    private final IdleLedgers idle;
    private final PruningPace pace;
    private volatile Map<String, Long> cacheEntries;

    PostgresPruning(StoreOptions options, LongSupplier nanos) {
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

    private record Prunable(long job, String upstream) {}

    private record OldRequest(Pruning.Old request, String upstream) {}

    /**
     * One step.
     *
     * @param written writes of this replica so far, this one among them
     */
    PruningPace.Step step(PostgresTransaction tx, long now, long written) throws SQLException {
        if (tx.sql.number(PostgresSql.MAY_PRUNE) == 0) {
            return PruningPace.Step.NONE;
        }
        pace.begins();
        boolean more = false;
        for (Map.Entry<String, Long> bound : cacheEntries.entrySet()) {
            more |= evict(tx, bound.getKey(), bound.getValue(), now);
        }
        List<Due<Prunable>> jobs =
                tx.sql.list(
                        PostgresSql.PRUNABLE,
                        row ->
                                new Due<>(
                                        new Prunable(row.getLong(1), Session.text(row, 2)),
                                        row.getLong(3)),
                        now,
                        pace.size());
        List<Due<OldRequest>> requests =
                tx.sql.list(
                        PostgresSql.OLD_REQUESTS,
                        row ->
                                new Due<>(
                                        new OldRequest(
                                                new Pruning.Old(
                                                        row.getInt(1), Session.uuid(row, 2)),
                                                Session.text(row, 3)),
                                        row.getLong(4)),
                        now,
                        pace.size());
        tx.lock(
                Stream.concat(
                                jobs.stream().map(due -> due.what().upstream()),
                                requests.stream().map(due -> due.what().upstream()))
                        .distinct()
                        .toList());
        pruning.pruneRequests(tx, requests.stream().map(due -> due.what().request()).toList());
        more |= requests.size() == pace.size();
        more |= pruning.prune(tx, jobs.stream().map(due -> due.what().job()).toList());
        more |= StoredContents.sweep(tx, now);
        more |= idle.step(tx, now) || ledgers.step(tx, now); // one of them locks a ledger
        more |= BatchWrites.prune(tx, now);
        StoredOperations.prune(tx, now);
        more |= Pruning.pruneKeys(tx, now) || jobs.size() == pace.size();
        return pace.ends(more, Math.max(Due.late(requests, now), Due.late(jobs, now)), written);
    }

    private boolean evict(PostgresTransaction tx, String route, long bound, long now)
            throws SQLException {
        long excess = tx.sql.number(PostgresSql.CACHED, route) - bound;
        if (excess <= 0) {
            return false;
        }
        long most = Math.min(excess, pace.size());
        long kept = tx.wall() - options.retention().succeeded().toMillis();
        int evicted = tx.sql.update(PostgresSql.EVICT_RESULTS, kept, now, route, most);
        tx.cached(route, -evicted);
        return evicted > 0 && evicted < excess;
    }
}
