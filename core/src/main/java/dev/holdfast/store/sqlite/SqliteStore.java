package dev.holdfast.store.sqlite;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Changes;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Clients;
import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.Contents;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Expired;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.Store.Unfinished;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.UpstreamState;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.credential.Seats;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredReads;
import dev.holdfast.store.sql.UnfinishedRows;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.Orphans;
import dev.holdfast.store.transition.Scheduling;
import dev.holdfast.store.transition.StoredBatches;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.StoredOperations;
import dev.holdfast.store.transition.Telling;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.Transitions;
import dev.holdfast.store.transition.UnitRoom;
import dev.holdfast.store.transition.Write;
import dev.holdfast.store.transition.partition.Resuming;
import dev.holdfast.store.transition.partition.StoredPartitions;
import dev.holdfast.store.transition.pruning.PruningPace;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The store in one SQLite file, for one process: write-ahead log, one writer with group commit, a
 * few readers. Production opens it with {@link #open}, which runs it on a thread of its own; a
 * simulation with {@link #simulated}, which runs nothing by itself.
 */
public final class SqliteStore implements Store {
    private final SqliteFile file;
    private final Clocks clocks;
    private final SqliteWriter writer;
    private final GroupCommit commits;
    private final ReadPool pool;
    private final SqliteDeliveries deliveries;
    private final SqliteClients clients;
    private final StoredContents contents;
    private final StoredBatches<SqliteTransaction> batches;
    private final StoredOperations operations;
    private final StoredPartitions partitions;
    private final StoredReads reads;
    private final SqliteAccepting accepting;
    private final SqliteClaiming claiming;
    private final Transitions transitions;
    private final SqlitePruning pruning;
    private final Telling.Rounds telling;
    private final Outlooks outlooks = new Outlooks();
    private final long lastOrphan;
    private final @Nullable Instant copied;

    /** A process ended before all were told whose jobs had. */
    private final boolean anyUntold;

    private @Nullable SqliteBackground background;
    private volatile @Nullable Changes changes;

    private SqliteStore(
            SqliteFile file,
            Connection connection,
            StoreOptions options,
            Clocks clocks,
            RandomGenerator random,
            WriteProbe probe,
            Executor beside,
            Runnable wake)
            throws SQLException {
        this.file = file;
        this.clocks = clocks;
        pool = new ReadPool(file::reader);
        forgetOrphans(connection);
        copied = Copy.of(connection);
        anyUntold = isAnyUntold(connection);
        clients = new SqliteClients(file, clocks.wall());
        reads = new StoredReads(pool);
        transitions = Transitions.of(options, random);
        accepting = new SqliteAccepting(transitions.asks());
        claiming = new SqliteClaiming(transitions.expiring(), outlooks);
        pruning = new SqlitePruning(options, clocks.nanos());
        writer =
                new SqliteWriter(
                        file,
                        connection,
                        clocks,
                        probe,
                        beside,
                        this::committed,
                        transitions.batches());
        lastOrphan = writer.backlog().lastAttempt();
        commits = new GroupCommit(writer, wake);
        telling = new Telling.Rounds(() -> write(transitions.telling()::goOn));
        deliveries = new SqliteDeliveries(commits, writer, pool);
        contents = new StoredContents(options, write -> commits.submitLosable(write::run), pool);
        operations =
                new StoredOperations(pool, random) {
                    @Override
                    protected <T> CompletionStage<T> write(
                            Write.Operation<Transaction, T> operation) {
                        return commits.submit(operation::run);
                    }
                };
        partitions =
                new StoredPartitions(pool) {
                    @Override
                    protected <T> CompletionStage<T> write(String upstream, Change<T> change) {
                        return commits.submit(tx -> change.run(tx, tx.queue(upstream)));
                    }

                    @Override
                    protected Moment moment() {
                        return new Moment(writer.clock().micros(), writer.clock().heldOver());
                    }

                    @Override
                    protected @Nullable Queue root(Session sql, String upstream) {
                        return writer.backlog().queue(upstream);
                    }

                    @Override
                    protected Map<String, Queue> look(Session sql, Queue root, List<String> keys) {
                        return writer.backlog().partitions(root, keys);
                    }
                };
        batches =
                new StoredBatches<>(transitions.batches(), accepting::accept, pool) {
                    @Override
                    protected <T> CompletionStage<T> write(
                            Collection<String> upstreams,
                            Write.Operation<SqliteTransaction, T> operation) {
                        return commits.submit(operation);
                    }
                };
    }

    private static void forgetOrphans(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(SqliteSql.ORPHANED_CONTENTS);
        }
    }

    private static boolean isAnyUntold(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SqliteSql.ANY_UNTOLD)) {
            return row.next();
        }
    }

    /**
     * Opens or makes the file and starts serving it.
     *
     * @throws StoreUnavailable if the file cannot be used, or another process serves it
     */
    public static SqliteStore open(Path path, StoreOptions options) {
        return open(path, options, Clocks.system(), WriteProbe.NONE);
    }

    /** As {@link #open(Path, StoreOptions)}, with other clocks and with faults. */
    public static SqliteStore open(
            Path path, StoreOptions options, Clocks clocks, WriteProbe probe) {
        SqliteFile file = new SqliteFile(path, options.durable());
        SqliteMigrations.createFolder(file);
        OwnerLock lock = OwnerLock.take(path);
        try {
            new TakingPlace(path).goOn();
            Connection connection = SqliteMigrations.open(file);
            WriterThread thread = new WriterThread();
            RandomGenerator random = RandomGenerator.getDefault();
            SqliteStore store =
                    new SqliteStore(
                                    file,
                                    connection,
                                    options,
                                    clocks,
                                    random,
                                    probe,
                                    SqliteStore::beside,
                                    thread::wake)
                            .takenOver();
            SqliteBackground background =
                    new SqliteBackground(
                            file,
                            store.commits,
                            store.writer,
                            lock,
                            thread,
                            store::pruneStep,
                            () -> store.changes,
                            store.telling::again);
            store.background = background;
            background.start();
            return store;
        } catch (SQLException | IOException e) {
            lock.close();
            throw new StoreUnavailable("cannot open " + path + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Opens the file, made with the current schema if it is new, without threads and without a
     * lock: whoever calls this calls {@link #runBatch} after each {@code wake}. Everything is
     * deterministic. After a simulated crash, {@link #abandon} it and open the file again.
     *
     * @param random for ids
     * @param wake called when {@link #runBatch} should be called soon
     */
    public static SqliteStore simulated(
            Path path,
            StoreOptions options,
            Clocks clocks,
            RandomGenerator random,
            WriteProbe probe,
            Runnable wake) {
        SqliteFile file = new SqliteFile(path, options.durable());
        try {
            Connection connection = SqliteMigrations.open(file);
            return new SqliteStore(
                            file, connection, options, clocks, random, probe, Runnable::run, wake)
                    .takenOver();
        } catch (SQLException e) {
            throw new StoreUnavailable("cannot open " + path + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes one batch of what waits, and tells the callers; for simulations.
     *
     * @return false if it could not be written
     */
    public boolean runBatch() {
        return commits.runBatch();
    }

    /**
     * Forgets some of what is old; production does it by itself.
     *
     * @return whether there may be more to forget at once
     */
    public CompletionStage<Boolean> prune() {
        return pruneStep().thenApply(PruningPace.Step::more);
    }

    /** The same; what a power cut brings back is forgotten again. */
    private CompletionStage<PruningPace.Step> pruneStep() {
        return commits.submitLosable(tx -> pruning.step(tx, commits.written()));
    }

    /** Statements that were run for writes so far, and rows that those have shown. */
    long effort() {
        Session sql = writer.idle();
        return sql == null ? 0 : sql.ran() + sql.seen();
    }

    /** Compares the counts that are kept with the rows; wrong ones are made anew. */
    void checkCounts() throws SQLException {
        writer.checkCounts();
    }

    /** Lets go of the file as a killed process does: what is not committed is lost. */
    public void abandon() {
        commits.close();
        writer.disconnect();
        closeReaders();
    }

    @Override
    public InstantSource clock() {
        return writer.clock();
    }

    @Override
    public InstantSource wall() {
        return clocks.wall();
    }

    @Override
    public CompletionStage<Accepted> accept(NewRequest request, BooleanSupplier wanted) {
        return commits.submit(accepting(request, wanted));
    }

    @Override
    public CompletionStage<Claim> claim(ClaimAsk ask) {
        return commits.submit(claiming(ask));
    }

    @Override
    public Both<Accepted> acceptAndClaim(NewRequest request, BooleanSupplier wanted, ClaimAsk ask) {
        return both(accepting(request, wanted), ask);
    }

    private <T> Both<T> both(Write.Operation<SqliteTransaction, T> operation, ClaimAsk ask) {
        Write<SqliteTransaction, T> written = new Write<>(operation);
        Write<SqliteTransaction, Claim> claim = new Write<>(claiming(ask));
        commits.submitAll(List.of(written, claim));
        return new Both<>(written.done, claim.done);
    }

    private Write.Operation<SqliteTransaction, Accepted> accepting(
            NewRequest request, BooleanSupplier wanted) {
        return tx -> wanted.getAsBoolean() ? accepting.accept(tx, request) : Accepted.UNWANTED;
    }

    private Write.Operation<SqliteTransaction, Claim> claiming(ClaimAsk ask) {
        return tx -> claiming.claim(tx, ask);
    }

    @Override
    public CompletionStage<Settled> settle(Settlement settlement) {
        return write(tx -> transitions.settling().settle(tx, settlement));
    }

    @Override
    public Both<Settled> settleAndClaim(Settlement settlement, ClaimAsk ask) {
        return both(tx -> transitions.settling().settle(tx, settlement), ask);
    }

    @Override
    public CompletionStage<Void> giveBack(List<ClaimedJob> jobs) {
        return write(tx -> transitions.givingBack().giveBack(tx, jobs));
    }

    @Override
    public CompletionStage<Void> handOver(ClaimedJob job, String upstream, Duration after) {
        return write(tx -> transitions.givingBack().handOver(tx, job, tx.queue(upstream), after));
    }

    @Override
    public CompletionStage<Void> identify(
            Map<String, String> identities, Map<String, List<ClaimAsk.Credential>> pools) {
        return write(
                tx -> {
                    for (Map.Entry<String, String> each : identities.entrySet()) {
                        String upstream = each.getKey();
                        tx.identify(
                                upstream, each.getValue(), pools.getOrDefault(upstream, List.of()));
                    }
                    return null;
                });
    }

    @Override
    public CompletionStage<List<ClaimedJob>> orphans() {
        return write(tx -> Orphans.read(tx, SqliteSql.ORPHANS, lastOrphan));
    }

    @Override
    public CompletionStage<Ending> cancel(Viewer viewer, UUID id) {
        return write(
                tx ->
                        transitions
                                .cancelAndRetry()
                                .cancel(tx, StoredReads.find(tx.sql, viewer, id)));
    }

    @Override
    public CompletionStage<Ending> retry(Viewer viewer, UUID id, Predicate<RequestRecord> called) {
        return write(
                tx ->
                        transitions
                                .cancelAndRetry()
                                .retry(tx, StoredReads.find(tx.sql, viewer, id), called));
    }

    @Override
    public CompletionStage<Ending> change(Viewer viewer, UUID id, Wish wish) {
        return write(tx -> Scheduling.change(tx, StoredReads.find(tx.sql, viewer, id), wish));
    }

    @Override
    public CompletionStage<Expired> expire() {
        return write(tx -> claiming.expire(tx));
    }

    @Override
    public CompletionStage<Void> pause(String upstream, boolean paused) {
        return write(tx -> Resuming.pause(tx, tx.queue(upstream), paused))
                .thenCompose(last -> rest(upstream, Resuming.OPENED, last));
    }

    @Override
    public CompletionStage<Void> probe(String upstream) {
        return write(tx -> Resuming.probe(tx, tx.queue(upstream)))
                .thenCompose(last -> rest(upstream, Resuming.TRIED, last));
    }

    private CompletionStage<Void> rest(String upstream, Resuming how, int last) {
        return Resuming.rest(last, after -> write(tx -> how.after(tx, tx.queue(upstream), after)));
    }

    @Override
    public long position(String upstream, Priority priority, long turn) {
        Queue queue = writer.backlog().queue(upstream);
        return queue == null ? 0 : queue.position(priority, turn);
    }

    @Override
    public UpstreamState upstream(
            String name,
            Quota quota,
            Map<String, Quota> units,
            List<ClaimAsk.Credential> credentials) {
        Queue queue = writer.backlog().queue(name);
        if (queue == null) {
            return UpstreamState.UNKNOWN;
        }
        long now = writer.clock().micros();
        long heldOver = writer.clock().heldOver();
        return pool.read(
                sql -> {
                    int ledger = queue.ledger();
                    Occupancy slots = Ledger.read(sql, ledger, quota, now, heldOver);
                    return ClaimRules.state(
                                    queue,
                                    outlooks.with(sql, ledger, quota, slots, now, heldOver),
                                    UnitRoom.look(sql, ledger, units, now, heldOver),
                                    now)
                            .with(Seats.look(sql, queue.id, credentials, now, heldOver))
                            .partlyRefused(Resuming.anyRefused(sql, queue));
                });
    }

    @Override
    public List<Unfinished> unfinished(int atMost) {
        boolean any =
                writer.backlog().upstreams().stream().anyMatch(queue -> queue.unfinished() > 0);
        return any ? pool.read(sql -> UnfinishedRows.read(sql, atMost)) : List.of();
    }

    @Override
    public Deliveries deliveries() {
        return deliveries;
    }

    @Override
    public Clients clients() {
        return clients;
    }

    @Override
    public Contents contents() {
        return contents;
    }

    @Override
    public Operations operations() {
        return operations;
    }

    @Override
    public Partitions partitions() {
        return partitions;
    }

    @Override
    public Batches batches() {
        return batches;
    }

    @Override
    public Reads reads() {
        return reads;
    }

    @Override
    public void whenChanged(Changes changes) {
        this.changes = changes;
    }

    @Override
    public void watch(CommitWatch watch) {
        commits.watch(watch);
    }

    @Override
    public boolean healthy() {
        return commits.healthy() && writer.backlog().isComplete();
    }

    @Override
    public Size size() {
        return pruning.size();
    }

    @Override
    public void bound(Duration ledger, Map<String, Long> cacheEntries) {
        pruning.bound(ledger, cacheEntries);
    }

    @Override
    public void close() {
        commits.close();
        SqliteBackground running = background;
        if (running == null) {
            while (!commits.isEmpty()) {
                commits.runBatch();
            }
        } else {
            running.stop();
        }
        commits.failAll(new IllegalStateException("the store is closed"));
        writer.disconnect();
        closeReaders();
        if (running != null) {
            running.unlock();
        }
    }

    /** Adds a write to the next batch. */
    <T> CompletionStage<T> write(Write.Operation<SqliteTransaction, T> operation) {
        return commits.submit(operation);
    }

    /** Before anything is called: this may be a copy of a store that went on elsewhere. */
    private SqliteStore takenOver() {
        if (copied != null) {
            try {
                new Copy(commits, transitions.settling(), file.path()).takeOver(copied);
            } catch (RuntimeException e) {
                abandon();
                throw e;
            }
        }
        if (anyUntold) {
            telling.begin();
        }
        return this;
    }

    private void committed(SqliteTransaction tx) {
        if (tx.deliveriesDue()) {
            deliveries.tellDue();
        }
        if (tx.isTelling()) {
            telling.begin();
        }
        telling.again();
    }

    private static void beside(Runnable work) {
        Thread.ofPlatform().name("holdfast-backlog").daemon(true).start(work);
    }

    private void closeReaders() {
        clients.close();
        try {
            pool.close();
        } catch (SQLException e) {
            throw new StoreUnavailable("cannot close " + file.path(), e);
        }
    }
}
