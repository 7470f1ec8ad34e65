package dev.holdfast.store.sqlite;

import dev.holdfast.request.Body;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.AskRules;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.RequestKey;
import dev.holdfast.store.transition.SettledCall;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.partition.PartitionSql;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A batch's transaction as its operations see it: the database, the mirror in memory, one notion of
 * now for each operation.
 */
final class SqliteTransaction extends Transaction {
    final Backlog backlog;
    private final SteadyClock clock;
    private final Clocks clocks;
    private final long changesBefore;
    private boolean committing;

    SqliteTransaction(Session sql, Backlog backlog, SteadyClock clock, Clocks clocks) {
        super(sql);
        this.backlog = backlog;
        this.clock = clock;
        this.clocks = clocks;
        changesBefore = sql.changes();
    }

    /** Whether its operations only looked; most claims find no free slot. */
    boolean changedNothing() {
        return sql.changes() == changesBefore && undo.isEmpty();
    }

    /** From now on it may be on disk, whatever its commit answers. */
    void committing() {
        committing = true;
    }

    boolean isCommitting() {
        return committing;
    }

    @Override
    public long now() {
        return clock.micros();
    }

    @Override
    public long wall() {
        return clocks.wall().millis();
    }

    @Override
    public Queue queue(int upstream) {
        return backlog.meet(backlog.queue(upstream));
    }

    @Override
    public @Nullable Queue known(String upstream) {
        Queue known = backlog.queue(upstream);
        return known == null ? null : backlog.meet(known);
    }

    @Override
    protected Queue partition(Queue root, String key) throws SQLException {
        Queue known = known(NewRequest.Place.queue(root.name, key));
        if (known != null) {
            return known;
        }
        Queue queue = Queue.empty(backlog.nextUpstream(), root, key);
        sql.update(PartitionSql.ADD_PARTITION, queue.id, queue.name, queue.ledger(), root.id, key);
        root.inner().partitions(1, undo);
        backlog.add(queue, undo);
        return backlog.meet(queue);
    }

    @Override
    public List<Queue> partitions(Queue root, List<Integer> numbers) {
        return numbers.stream().map(this::queue).toList();
    }

    @Override
    public void forget(Queue partition) throws SQLException {
        sql.update(PartitionSql.DELETE_LANES, partition.id);
        sql.update(PartitionSql.DELETE_PARTITION, partition.id);
        partition.root().inner().partitions(-1, undo);
        backlog.remove(partition, undo);
    }

    @Override
    public Collection<Queue> met() {
        return backlog.met();
    }

    @Override
    public void write(List<Partition> places, List<Integer> numbers) throws SQLException {
        for (int i = 0; i < places.size(); i++) {
            Partition place = places.get(i);
            sql.update(
                    PartitionSql.WRITE_PLACE,
                    place.turn(),
                    place.line(),
                    place.wake(),
                    place.fifo() ? 1 : 0,
                    place.busy(),
                    numbers.get(i));
        }
    }

    /** The upstream's queue, made when it is first heard of. */
    Queue queue(String upstream) throws SQLException {
        Queue known = known(upstream);
        if (known != null) {
            return known;
        }
        int ledger = ledger(Ledger.identity(upstream));
        Queue queue = Queue.empty(backlog.nextUpstream(), upstream, ledger);
        sql.update(SqliteSql.ADD_UPSTREAM, queue.id, upstream, ledger);
        backlog.add(queue, undo);
        return backlog.meet(queue);
    }

    /**
     * Has an upstream's calls count as what it calls.
     *
     * @param credentials where it has several
     */
    void identify(String upstream, String identity, List<ClaimAsk.Credential> credentials)
            throws SQLException {
        Queue queue = queue(upstream);
        int known = CredentialRows.upstreamsLedger(sql, queue.id, credentials);
        int ledger = known == 0 ? ledger(identity) : known;
        CredentialRows.add(sql, queue.id, credentials);
        CredentialRows.forgetOthers(sql, queue.id, credentials);
        if (ledger != queue.ledger()) {
            sql.update(SqliteSql.SET_LEDGER, ledger, queue.id);
            queue.ledger(ledger, undo);
        }
    }

    private int ledger(String identity) throws SQLException {
        sql.update(LedgerSql.ADD_LEDGER, identity);
        return (int) sql.number(LedgerSql.LEDGER, identity);
    }

    @Override
    public boolean deleteAttempt(long attempt) throws SQLException {
        return sql.update(LedgerSql.DELETE_UNMADE, attempt) == 1;
    }

    @Override
    public void pending(int client, int change) {
        backlog.pending(client, change, undo);
    }

    @Override
    public int pending(int client) {
        return backlog.pending(client);
    }

    @Override
    public void deliveries(int change) {
        backlog.deliveries(change, undo);
    }

    @Override
    public @Nullable SettledCall settleAttempt(Settlement settlement) throws SQLException {
        ClaimedJob claimed = settlement.job();
        return sql.change(
                SqliteSql.SETTLE_ATTEMPT,
                SettledCall::read,
                now(),
                Micros.of(settlement.onItsWay()),
                settlement.outcome(),
                settlement.status(),
                Micros.of(settlement.latency()),
                claimed.attempt(),
                claimed.job());
    }

    @Override
    public long heldOver() {
        return clock.heldOver();
    }

    /** There is no other transaction that writes. */
    @Override
    public void lockLedger(int ledger) {}

    @Override
    public void use(int ledger, long settled, long calls) throws SQLException {
        sql.update(LedgerSql.USE, ledger, settled - heldOver(), calls);
    }

    @Override
    public @Nullable Job find(JobKey key) throws SQLException {
        long now = now();
        long id =
                backlog.jobs()
                        .find(
                                key.high(),
                                candidate -> answers(Ends.job(this, candidate), key, now));
        return id == 0 ? null : Ends.job(this, id);
    }

    private static boolean answers(Job job, JobKey key, long now) {
        return job.keyLow() == key.low() && AskRules.serves(job, now);
    }

    @Override
    protected long nextJob() {
        return backlog.nextJob();
    }

    @Override
    protected void add(Job job) throws SQLException {
        sql.update(SqliteSql.ADD_JOB, JobColumn.INSERT.values(job));
        if (job.body() instanceof Body.Kept kept) {
            StoredContents.hold(this, job.client(), kept);
        }
        backlog.addJob(job.keyHigh(), job.id(), undo);
    }

    /** Whoever waits is in this process and is told by it. */
    @Override
    public void changed(long job, int upstream) {}

    @Override
    public void finished(Job job, boolean cached) throws SQLException {
        if (cached) {
            backlog.cached(job.route(), 1, undo);
        } else {
            backlog.removeJob(job.keyHigh(), job.id(), undo);
        }
    }

    @Override
    public void forgotten(Job job) throws SQLException {
        backlog.removeJob(job.keyHigh(), job.id(), undo);
        if (job.cachedUntil() != null) {
            backlog.cached(job.route(), -1, undo);
        }
    }

    @Override
    public void addDelivery(
            UUID id, int client, UUID subject, String told, boolean leased, long due)
            throws SQLException {
        long wall = wall();
        sql.update(SqliteSql.ADD_DELIVERY, id, client, subject, told, due, wall, wall);
    }

    @Override
    public int endDeliveries(RequestKey request) throws SQLException {
        return sql.update(SqliteSql.END_DELIVERIES, request.client(), request.id());
    }
}
