package dev.holdfast.store.postgresql;

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
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresMigrations;
import dev.holdfast.store.postgresql.connection.PostgresPool;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
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
import dev.holdfast.store.transition.pruning.Pruning;
import dev.holdfast.store.transition.pruning.PruningPace;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store in a PostgreSQL database, for any number of processes. All truth is in the database:
 * whoever changes an upstream's jobs or takes its slots holds the lock of its row, and reads the
 * ledger by the database's clock. See decision 17.
 */
public final class PostgresStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);

    /** Orphans given at once; the others follow with the next look. */
    private static final int MAX_ORPHANS = 512;

    /** Partitions of which it is known here what waits in them, for estimates; some MB. */
    private static final int MAX_PARTITIONS = 10_000;

    private final PostgresClock clock;
    private final PostgresPool pool;
    private final PostgresWriter writer;
    private final PostgresWriter deliveryWriter;

    /** Large bodies come beside all else, so that they hold up nobody. */
    private final PostgresWriter contentWriter;

    private final StoredContents contents;
    private final StoredBatches<PostgresTransaction> batches;
    private final StoredOperations operations;
    private final StoredPartitions parts;
    private final PostgresNotices notices;
    private final PostgresPresence presence;
    private final PostgresDeliveries deliveries;
    private final PostgresClients clients;
    private final StoredReads reads;
    private final Outlooks outlooks = new Outlooks();
    private final Pruning.Log prunings = new Pruning.Log();
    private final AtomicBoolean isPruning = new AtomicBoolean();
    private volatile boolean closed;
    private final PostgresClaiming claiming;
    private final Transitions transitions;
    private final PostgresExpiring expiring;
    private final LongSupplier nanos;
    private final PostgresPruning pruning;
    private final PostgresCounts counts;
    private final Telling.Rounds telling;

    /** Upstreams' queues as this replica's last transaction on them left them. */
    private final Map<String, Queue> queues = new ConcurrentHashMap<>();

    /** The same of their partitions in which anything waits. */
    private final Map<String, Queue> partitions = new ConcurrentHashMap<>();

    /** Upstreams whose partitions are apart, as this replica's transactions have found them. */
    private final Set<String> apart = ConcurrentHashMap.newKeySet();

    private volatile @Nullable Changes changes;

    private PostgresStore(Setting setting) {
        PostgresDatabase database = setting.database();
        StoreOptions options = setting.options();
        UUID owner = UUID.randomUUID();
        clock = new PostgresClock(setting.nanos(), setting.time());
        pool = new PostgresPool(database);
        notices = new PostgresNotices(database, owner);
        PostgresNumbers jobNumbers = new PostgresNumbers(PostgresSql.JOB_NUMBERS);
        PostgresNumbers attemptNumbers = new PostgresNumbers(PostgresSql.ATTEMPT_NUMBERS);
        transitions = Transitions.of(options, setting.random());
        PostgresAccepting accepting = new PostgresAccepting(transitions.asks());
        expiring = new PostgresExpiring(transitions.expiring());
        claiming = new PostgresClaiming(expiring, attemptNumbers, outlooks);
        nanos = setting.nanos();
        pruning = new PostgresPruning(options, nanos);
        Function<Session, PostgresTransaction> transactions =
                sql ->
                        new PostgresTransaction(
                                sql,
                                database,
                                owner,
                                clock,
                                jobNumbers,
                                transitions.batches(),
                                apart);
        writer =
                new PostgresWriter(
                        "holdfast-store",
                        database,
                        transactions,
                        accepting::run,
                        new Writing(List.of(jobNumbers, attemptNumbers)),
                        apart);
        counts = new PostgresCounts(setting.database(), writer);
        telling =
                new Telling.Rounds(
                        () ->
                                writer.submitSought(
                                        tx -> transitions.telling().next(tx.sql),
                                        transitions.telling()::goOn));
        deliveryWriter =
                new PostgresWriter(
                        "holdfast-deliveries",
                        database,
                        transactions,
                        tx -> {},
                        new Writing(List.of()),
                        apart);
        contentWriter =
                new PostgresWriter(
                        "holdfast-contents",
                        database,
                        sql -> transactions.apply(sql).losable(),
                        tx -> {},
                        new Writing(List.of()),
                        apart);
        contents =
                new StoredContents(
                        options, write -> contentWriter.submit(List.of(), write::run), pool);
        operations =
                new StoredOperations(pool, setting.random()) {
                    @Override
                    protected <T> CompletionStage<T> write(
                            Write.Operation<Transaction, T> operation) {
                        return writer.submit(List.of(), operation::run);
                    }
                };
        parts =
                new StoredPartitions(pool) {
                    @Override
                    protected <T> CompletionStage<T> write(String upstream, Change<T> change) {
                        return writer.submit(
                                List.of(upstream),
                                tx -> {
                                    Queue queue = tx.locked.queue(upstream);
                                    tx.changedUpstreams.add(queue.id);
                                    return change.run(tx, queue);
                                });
                    }

                    @Override
                    protected Moment moment() {
                        return new Moment(clock.micros(), 0);
                    }

                    @Override
                    protected @Nullable Queue root(Session sql, String upstream)
                            throws SQLException {
                        return QueueRows.look(sql, upstream);
                    }

                    @Override
                    protected Map<String, Queue> look(Session sql, Queue root, List<String> keys)
                            throws SQLException {
                        return QueueRows.look(sql, root, keys);
                    }
                };
        batches =
                new StoredBatches<>(transitions.batches(), accepting::accept, pool) {
                    @Override
                    protected <T> CompletionStage<T> write(
                            Collection<String> upstreams,
                            Write.Operation<PostgresTransaction, T> operation) {
                        return writer.submit(upstreams, operation);
                    }
                };
        deliveries = new PostgresDeliveries(deliveryWriter, pool);
        clients = new PostgresClients(PostgresPool.ofClients(database), clock.wall());
        reads = new StoredReads(pool);
        presence =
                new PostgresPresence(
                        database,
                        clock,
                        setting.nanos(),
                        owner,
                        deliveries,
                        setting.between(),
                        new Beating());
    }

    /** What a store is made of. */
    record Setting(
            PostgresDatabase database,
            StoreOptions options,
            LongSupplier nanos,
            DatabaseTime time,
            RandomGenerator random,
            PostgresPresence.Between between) {
        /** One that gives its life sign by the machine's clock. */
        Setting(
                PostgresDatabase database,
                StoreOptions options,
                LongSupplier nanos,
                DatabaseTime time,
                RandomGenerator random) {
            this(database, options, nanos, time, random, PostgresPresence.Between.BEATS);
        }
    }

    /**
     * Looks whether this can be the URL of a store.
     *
     * @throws IllegalArgumentException if it cannot; the message does not repeat it
     */
    public static void checkUrl(String url) {
        PostgresUrl.parse(url);
    }

    /**
     * Brings the schema up to date and starts serving.
     *
     * @param url {@code postgresql://user:password@host:5432/database}, or with several hosts and
     *     commas between them: whichever is the primary
     * @throws StoreUnavailable if the database cannot be used
     */
    public static PostgresStore open(String url, StoreOptions options) {
        PostgresUrl place = PostgresUrl.parse(url);
        String unverified = place.unverified();
        if (unverified != null) {
            LOG.warn(unverified);
        }
        return open(
                new Setting(
                        new PostgresDatabase(place, WriteProbe.NONE),
                        options,
                        System::nanoTime,
                        DatabaseTime.SERVER,
                        RandomGenerator.getDefault()));
    }

    static PostgresStore open(Setting setting) {
        PostgresMigrations.atStart(setting.database());
        PostgresStore store = new PostgresStore(setting);
        try {
            store.presence.start();
            store.writer.start();
            store.deliveryWriter.start();
            store.contentWriter.start();
            store.notices.start();
            store.counts.begin();
            store.telling.begin();
            return store;
        } catch (SQLException e) {
            store.close();
            throw new StoreUnavailable(setting.database().url() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public InstantSource clock() {
        return clock;
    }

    /** The database's clock too: replicas' own may differ. */
    @Override
    public InstantSource wall() {
        return clock.wall();
    }

    @Override
    public CompletionStage<Accepted> accept(NewRequest request, BooleanSupplier wanted) {
        return writer.gather(
                        request.upstream(),
                        in(request.upstream(), request.place().partition()),
                        tx -> tx.asks.add(request, wanted))
                .thenApply(PostgresAsks.Asked::answer);
    }

    @Override
    public CompletionStage<Claim> claim(ClaimAsk ask) {
        return writer.submit(
                ask.upstream(),
                ask.isCommon() ? null : List.of(),
                tx -> claiming.claim(tx, ask, presence.lease()));
    }

    /** What is about a partition needs no more of its upstream, where these are apart. */
    private static @Nullable List<String> in(String upstream, @Nullable String partition) {
        return partition == null ? null : List.of(NewRequest.Place.queue(upstream, partition));
    }

    @Override
    public CompletionStage<Settled> settle(Settlement settlement) {
        ClaimedJob job = settlement.job();
        return writer.submit(
                job.upstream(),
                in(job.upstream(), job.partition()),
                tx -> transitions.settling().settle(tx, settlement));
    }

    @Override
    public CompletionStage<Void> giveBack(List<ClaimedJob> jobs) {
        return writer.submit(
                jobs.stream().map(ClaimedJob::upstream).distinct().toList(),
                tx -> transitions.givingBack().giveBack(tx, jobs));
    }

    @Override
    public CompletionStage<Void> handOver(ClaimedJob job, String upstream, Duration after) {
        return writer.submit(
                List.of(job.upstream(), upstream),
                tx -> transitions.givingBack().handOver(tx, job, tx.locked.queue(upstream), after));
    }

    @Override
    public CompletionStage<Void> identify(
            Map<String, String> identities, Map<String, List<ClaimAsk.Credential>> pools) {
        return writer.submitAlone(
                tx -> {
                    tx.lock(identities.keySet());
                    tx.locked.identify(identities, pools);
                    return null;
                });
    }

    @Override
    public CompletionStage<List<ClaimedJob>> orphans() {
        return writer.submitAlone(
                tx -> {
                    tx.lock(List.of());
                    return Orphans.read(
                            tx,
                            PostgresSql.ORPHANS,
                            tx.owner,
                            presence.dead().idColumn(),
                            presence.dead().beatColumn(),
                            MAX_ORPHANS);
                });
    }

    @Override
    public CompletionStage<Ending> cancel(Viewer viewer, UUID id) {
        return writer.submitSought(
                tx -> upstreamOf(tx, viewer, id),
                tx -> transitions.cancelAndRetry().cancel(tx, locked(tx, viewer, id)));
    }

    @Override
    public CompletionStage<Ending> retry(Viewer viewer, UUID id, Predicate<RequestRecord> called) {
        return writer.submitSought(
                tx -> upstreamOf(tx, viewer, id),
                tx -> {
                    RequestRecord request = locked(tx, viewer, id);
                    if (request != null) {
                        tx.sql.update(
                                PostgresSql.ADD_PENDING,
                                PostgresDatabase.ints(List.of(request.client())));
                    }
                    return transitions.cancelAndRetry().retry(tx, request, called);
                });
    }

    /** The upstream in whose queue the request's job is, if there is such a request. */
    private static List<String> upstreamOf(PostgresTransaction tx, Viewer viewer, UUID id)
            throws SQLException {
        RequestRecord before = StoredReads.find(tx.sql, viewer, id);
        return before == null ? List.of() : List.of(before.upstream());
    }

    /** The request as it is under its upstream's lock. */
    private static @Nullable RequestRecord locked(PostgresTransaction tx, Viewer viewer, UUID id)
            throws SQLException {
        RequestRecord now = StoredReads.find(tx.sql, viewer, id);
        if (now != null && tx.known(now.upstream()) == null) {
            tx.also(List.of()); // it has gone to another's queue meanwhile
        }
        return now;
    }

    @Override
    public CompletionStage<Ending> change(Viewer viewer, UUID id, Wish wish) {
        return writer.submitSought(
                tx -> upstreamOf(tx, viewer, id),
                tx -> Scheduling.change(tx, locked(tx, viewer, id), wish));
    }

    @Override
    public CompletionStage<Expired> expire() {
        return writer.submitAlone(tx -> expiring.expire(tx, clock.micros()));
    }

    @Override
    public CompletionStage<Void> pause(String upstream, boolean paused) {
        return resuming(upstream, (tx, queue) -> Resuming.pause(tx, queue, paused))
                .thenCompose(last -> rest(upstream, Resuming.OPENED, last));
    }

    @Override
    public CompletionStage<Void> probe(String upstream) {
        return resuming(upstream, Resuming::probe)
                .thenCompose(last -> rest(upstream, Resuming.TRIED, last));
    }

    private CompletionStage<Void> rest(String upstream, Resuming how, int last) {
        return Resuming.rest(
                last, after -> resuming(upstream, (tx, queue) -> how.after(tx, queue, after)));
    }

    /** What one transaction of a resume does. */
    @FunctionalInterface
    private interface Step {
        int run(PostgresTransaction tx, Queue queue) throws SQLException;
    }

    private CompletionStage<Integer> resuming(String upstream, Step step) {
        return writer.submit(
                List.of(upstream),
                tx -> {
                    Queue queue = tx.locked.queue(upstream);
                    tx.changedUpstreams.add(queue.id);
                    return step.run(tx, queue);
                });
    }

    /** As of this replica's last look at the queue, a second ago at most. */
    @Override
    public long position(String upstream, Priority priority, long turn) {
        Queue own = queues.get(upstream);
        Queue queue = own == null ? partitions.get(upstream) : own;
        return queue == null ? 0 : queue.position(priority, turn);
    }

    @Override
    public UpstreamState upstream(
            String name,
            Quota quota,
            Map<String, Quota> units,
            List<ClaimAsk.Credential> credentials) {
        return pool.read(
                sql -> {
                    Queue queue = QueueRows.look(sql, name);
                    if (queue == null) {
                        return UpstreamState.UNKNOWN;
                    }
                    long now = clock.micros();
                    queues.putIfAbsent(name, queue);
                    int ledger = queue.ledger();
                    Occupancy slots = Ledger.read(sql, ledger, quota, now, 0);
                    return ClaimRules.state(
                                    queue,
                                    outlooks.with(sql, ledger, quota, slots, now, 0),
                                    UnitRoom.look(sql, ledger, units, now, 0),
                                    now)
                            .with(Seats.look(sql, queue.id, credentials, now, 0))
                            .partlyRefused(Resuming.anyRefused(sql, queue));
                });
    }

    @Override
    public List<Unfinished> unfinished(int atMost) {
        return pool.read(sql -> UnfinishedRows.read(sql, atMost));
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
        return parts;
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
        notices.tell(changes);
    }

    @Override
    public void watch(CommitWatch watch) {
        writer.watch(watch);
        deliveryWriter.watch(watch);
    }

    @Override
    public boolean mayCall(long lease) {
        return presence.holds(lease);
    }

    @Override
    public boolean healthy() {
        return writer.healthy();
    }

    /**
     * Forgets some of what is old; it happens by itself too.
     *
     * @return whether there may be more to forget at once
     */
    CompletionStage<Boolean> prune() {
        return pruneStep().thenApply(PruningPace.Step::more);
    }

    /** The same; what a crash of the server brings back is forgotten again. */
    private CompletionStage<PruningPace.Step> pruneStep() {
        return writer.submitAlone(
                tx -> pruning.step(tx.losable(), clock.micros(), writer.written()));
    }

    @Override
    public void bound(Duration ledger, Map<String, Long> cacheEntries) {
        pruning.bound(ledger, cacheEntries);
    }

    @Override
    public void close() {
        closed = true;
        counts.close();
        writer.close();
        deliveryWriter.close();
        contentWriter.close();
        presence.close();
        notices.close();
        clients.close();
        pool.close();
    }

    /**
     * Gives no life sign any more, as if the network to the database was cut; writes still work.
     */
    void loseTouch() {
        presence.abandon();
    }

    /** Ends as a killed process does: nobody is told, and the lease runs out by itself. */
    void abandon() {
        loseTouch();
        close();
    }

    private void committed(PostgresTransaction tx) {
        for (Queue queue : tx.locked.queues()) {
            queues.put(queue.name, queue);
            notices.known(queue.id, queue.name);
        }
        for (Queue queue : tx.locked.partitions()) {
            if (queue.ownWaiting() > 0) {
                if (partitions.size() >= MAX_PARTITIONS) {
                    // Others may have ended them, which nobody says here.
                    partitions.clear();
                }
                partitions.put(queue.name, queue);
            } else {
                partitions.remove(queue.name);
            }
        }
        notices.changed(tx.changedUpstreams, tx.changedJobs);
        if (tx.deliveries() != 0) {
            deliveries.changed(tx.deliveries());
        }
        if (tx.deliveriesDue()) {
            deliveries.tellDue();
        }
        if (tx.isTelling()) {
            telling.begin();
        }
    }

    /** Step after step, until there is no more to do. */
    private void pruneAll() {
        var _ =
                pruneStep()
                        .whenComplete(
                                (step, failure) -> {
                                    if (!closed && prunings.done(failure) && step.more()) {
                                        CompletableFuture.delayedExecutor(
                                                        step.pause(nanos.getAsLong()),
                                                        TimeUnit.NANOSECONDS)
                                                .execute(this::pruneAll);
                                    } else {
                                        isPruning.set(false);
                                    }
                                });
    }

    /** What follows a writer's transactions here. */
    private final class Writing implements PostgresWriter.Committed {
        private final List<PostgresNumbers> numbers;

        Writing(List<PostgresNumbers> numbers) {
            this.numbers = numbers;
        }

        /** Attempts have numbers. */
        @Override
        public boolean claims() {
            return !numbers.isEmpty();
        }

        @Override
        public void by(PostgresTransaction tx) {
            committed(tx);
        }

        @Override
        public void unsure() {
            Changes told = changes;
            if (told != null) {
                told.anything();
            }
        }

        @Override
        public void stepped(Session sql, PostgresClock.Stepped step) throws SQLException {
            clock.correct(sql, step);
            sql.commit();
        }

        @Override
        public void cut() {
            numbers.forEach(PostgresNumbers::forget);
        }
    }

    /** What the presence's beat does here. */
    private final class Beating implements PostgresPresence.Beat {
        @Override
        public void lost() {
            Changes told = changes;
            if (told != null) {
                told.lost();
            }
        }

        @Override
        public void poll() {
            writer.compare();
            telling.begin(); // a replica may have ended before all were told
            Changes told = changes;
            if (told == null) {
                return;
            }
            if (notices.listening()) {
                queues.keySet().forEach(told::upstream);
            } else {
                told.anything();
            }
        }

        @Override
        public void prune() {
            if (isPruning.compareAndSet(false, true)) {
                pruneAll();
            }
        }
    }
}
