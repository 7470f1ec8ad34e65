package dev.holdfast.store.transition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Undo;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as the operations see it that are the same in SQLite and in PostgreSQL: the
 * database, one notion of now, the queues, and what the two keep in different ways.
 */
public abstract class Transaction {
    /** In place of a ledger that another transaction uses of. */
    public static final int TAKEN = -1;

    public final Session sql;

    /** How to take back what memory mirrors. */
    public final Undo undo = new Undo();

    /** What this changes of batches' counts. */
    public final BatchCounts batches = new BatchCounts();

    private final Map<CommitWatch.End, Integer> ends = new HashMap<>();
    private boolean deliveriesDue;
    private int told;
    private boolean telling;

    public Transaction(Session sql) {
        this.sql = sql;
    }

    /** Steady microseconds. */
    public abstract long now();

    /** Wall milliseconds. */
    public abstract long wall();

    /** When a span of steady time from now is over, in wall milliseconds. */
    public final long wallAfter(long micros) {
        return wall() + TimeUnit.MICROSECONDS.toMillis(micros);
    }

    /** The queue of an upstream that is known to exist, and locked where there are locks. */
    public abstract Queue queue(int upstream);

    /** The queue of an upstream that is at hand, or null. */
    public abstract @Nullable Queue known(String upstream);

    /**
     * The queue of a partition of a locked upstream, made when it is first heard of.
     *
     * @param partition by its key; or null for the upstream's own
     */
    public final Queue within(Queue root, @Nullable String partition) throws SQLException {
        return partition == null ? root : partition(root, partition);
    }

    protected abstract Queue partition(Queue root, String key) throws SQLException;

    /**
     * Partitions of a locked upstream that are known to exist, in this order; without those that
     * another transaction has locked.
     */
    public abstract List<Queue> partitions(Queue root, List<Integer> numbers) throws SQLException;

    /** A partition goes in which there is nothing any more. */
    public abstract void forget(Queue partition) throws SQLException;

    /** Partitions that were at hand. */
    public abstract Collection<Queue> met();

    /** Writes where partitions are among the others, for whoever looks for those in line. */
    public abstract void write(List<Partition> places, List<Integer> numbers) throws SQLException;

    /** A client has more unfinished requests, or less. */
    public abstract void pending(int client, int change);

    /** A client's unfinished requests. */
    public abstract int pending(int client) throws SQLException;

    /** There are more deliveries pending, or less. */
    public abstract void deliveries(int change);

    /** Deliveries fell due that no caller is handed. */
    public final void deliveriesFellDue() {
        deliveriesDue = true;
    }

    public final boolean deliveriesDue() {
        return deliveriesDue;
    }

    /**
     * Requests were told that their job has ended.
     *
     * @param more whether others of that job are still to be told
     */
    final void told(int requests, boolean more) {
        told += requests;
        if (more) {
            mayBeTelling();
        }
    }

    /** Others may be still to be told, by an earlier transaction whose end is not known. */
    public final void mayBeTelling() {
        telling = true;
    }

    /** How many were, in this transaction. */
    final int told() {
        return told;
    }

    /** Whether a job has ended of which others are to be told by the next transactions. */
    public final boolean isTelling() {
        return telling;
    }

    /**
     * Settles a call that is in flight, now.
     *
     * @return null if it is not in flight, or not that job's
     */
    public abstract @Nullable SettledCall settleAttempt(Settlement settlement) throws SQLException;

    /**
     * For how long ledgers hold what was used over, in microseconds: time that may not have passed,
     * by which steady time is ahead of theirs.
     */
    public abstract long heldOver();

    /** Nobody else uses of this ledger until the end of the transaction. */
    public abstract void lockLedger(int ledger) throws SQLException;

    /**
     * Whether others use of this ledger, too, until the transaction's end: it can be looked at, and
     * {@link #lockLedger locking} it costs a transaction anew.
     */
    public boolean usesWithOthers(int ledger) {
        return false;
    }

    /**
     * The ledgers of partitions' calls, made if they are new, of which nobody else uses until the
     * end of the transaction; {@link #TAKEN} for one that somebody else uses of now. One that is
     * new may count calls all the same: of a store that was restored from a copy.
     *
     * @param identities what they count
     */
    public List<Integer> partitionsLedgers(List<String> identities) throws SQLException {
        List<Integer> ledgers = new ArrayList<>();
        for (String identity : identities) {
            int known = (int) sql.number(LedgerSql.LEDGER, identity);
            if (known == 0) {
                sql.update(LedgerSql.ADD_LEDGER, identity);
                known = (int) sql.number(LedgerSql.LEDGER, identity);
            }
            ledgers.add(known);
        }
        return ledgers;
    }

    /** What is taken of several ledgers that have the same quota, exact for one more call now. */
    public Map<Integer, Occupancy> taken(List<Integer> ledgers, Quota quota) throws SQLException {
        Map<Integer, Occupancy> taken = new HashMap<>();
        for (int ledger : ledgers) {
            taken.put(ledger, Ledger.unit(sql, ledger, quota, now(), heldOver(), 1));
        }
        return taken;
    }

    /** An upstream's row is about to be written by a statement: nobody may share it. */
    public void wholly(Queue root) throws SQLException {}

    /**
     * Something of a ledger was used.
     *
     * @param settled steady microseconds
     * @param calls how much
     */
    public abstract void use(int ledger, long settled, long calls) throws SQLException;

    /**
     * Takes a call out of the ledger that is in flight and was not made.
     *
     * @return false if it is not in flight
     */
    public abstract boolean deleteAttempt(long attempt) throws SQLException;

    /** A job that is under way, or whose result serves as cache. */
    public abstract @Nullable Job find(JobKey key) throws SQLException;

    /**
     * The row of a request that gets a job's result.
     *
     * @param done whether that is known: it does not expire then
     */
    public final AskedRow asked(NewRequest ask, Job job, boolean done) {
        Duration within = ask.expiresIn();
        long micros = within == null ? 0 : Micros.of(within);
        return new AskedRow(
                ask,
                job.id(),
                within == null || done ? null : Long.valueOf(now() + micros),
                within == null ? null : Long.valueOf(wallAfter(micros)));
    }

    /** A request was added: one more of its batch, if it is a line of one. */
    public final void counted(NewRequest ask, boolean done) {
        Integer batch = ask.batch();
        if (!done) {
            pending(ask.client(), 1);
        }
        batches.moved(batch == null ? 0 : batch, null, done ? Status.SUCCEEDED : Status.QUEUED);
        ended(ask.route(), Status.SUCCEEDED, null, done ? 1 : 0);
    }

    /** Some requests of a route have their end. */
    final void ended(String route, Status status, Failure.@Nullable Reason reason, int count) {
        if (count > 0) {
            ends.merge(new CommitWatch.End(route, status, reason), count, Integer::sum);
        }
    }

    /** Tells how the requests ended that have their end in here. */
    public final void tell(CommitWatch watch) {
        if (!ends.isEmpty()) {
            watch.ended(ends);
        }
    }

    /** A number that no job has had. */
    protected abstract long nextJob() throws SQLException;

    /** Adds a job's row; it is in its queue already. */
    protected abstract void add(Job job) throws SQLException;

    /** Queues a failed job's call anew for one request, and answers the new job's number. */
    final long queueAnew(Job failed, RequestKey request, NewRequest.Place place)
            throws SQLException {
        Queue queue = within(queue(failed.upstream()), failed.partition());
        long turn = queue.next(place.priority(), false, request.client(), place.weight());
        Job job =
                failed.anew(
                        nextJob(),
                        queue.id,
                        request.client(),
                        request.id(),
                        place.priority(),
                        place.weight(),
                        turn,
                        now());
        queue.enter(job, false, turn, undo);
        add(job);
        return job.id();
    }

    /** A job has moved on: whoever waits for it wants to know. */
    public final void changed(Job job) {
        changed(job.id(), queue(job.upstream()).root().id);
    }

    /** A job has moved on: whoever waits for it wants to know. */
    public abstract void changed(long job, int upstream);

    /** A job has its end; as cache, it is still found by its key. */
    public abstract void finished(Job job, boolean cached) throws SQLException;

    /** A job's row is gone. */
    public abstract void forgotten(Job job) throws SQLException;

    /**
     * Adds a delivery that tells of a request's end, or a batch's.
     *
     * @param subject the request's or the batch's id
     * @param told the end, as on the wire
     * @param leased whether it is handed to the caller until {@code due}
     * @param due steady microseconds
     */
    public abstract void addDelivery(
            UUID id, int client, UUID subject, String told, boolean leased, long due)
            throws SQLException;

    /**
     * Ends the deliveries of a request that are pending.
     *
     * @return how many
     */
    public abstract int endDeliveries(RequestKey request) throws SQLException;
}
