package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Wishes;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.RetentionSql;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What both dialects read and write of an ask alike. */
public final class AskWrites {
    private final DeliveryWrites deliveries;
    private final Ends ends;

    public AskWrites(DeliveryWrites deliveries, Ends ends) {
        this.deliveries = deliveries;
        this.ends = ends;
    }

    /** What a key that still counts was used for; null if that request is not there. */
    public static AskRules.@Nullable Kept kept(Transaction tx, @Nullable KeyRow key)
            throws SQLException {
        RequestRecord request = key == null ? null : read(tx, key.client(), key.request());
        return key == null || request == null
                ? null
                : new AskRules.Kept(key.fingerprint(), request);
    }

    /**
     * A job of its own, in its queue or scheduled.
     *
     * @param root the upstream's queue
     */
    public static Job fresh(Transaction tx, NewRequest ask, Queue root) throws SQLException {
        NewRequest.Place place = ask.place();
        Long starts = place.startsAfter(tx.wall());
        Queue queue = starts == null ? tx.within(root, place.partition()) : root;
        Partition partition = queue.partition();
        if (partition != null) {
            partition.fifo(place.fifo(), tx.undo);
        }
        long turn =
                starts == null
                        ? queue.next(place.priority(), false, ask.client(), place.weight())
                        : 0;
        long ttl = Micros.of(ask.cacheTtl());
        Job job = Job.asked(ask, tx.nextJob(), queue.id, turn, starts, tx.now(), ttl);
        if (starts == null) {
            queue.enter(job, false, turn, tx.undo);
        } else {
            queue.scheduled(1, tx.undo);
        }
        return job;
    }

    /** One more waits for a job. */
    public static void join(Transaction tx, NewRequest ask, Job job) throws SQLException {
        join(tx, job, ask.client(), ask.place(), Micros.of(ask.cacheTtl()));
    }

    /**
     * One more waits for a job.
     *
     * @param ttl for how long the result may serve as cache, in microseconds
     */
    static void join(Transaction tx, Job job, int client, NewRequest.Place place, long ttl)
            throws SQLException {
        Queue.Turn turn =
                tx.queue(job.upstream())
                        .join(job, client, place.weight(), place.priority(), tx.undo);
        tx.sql.update(
                CommonSql.JOIN_JOB,
                Wishes.high(place.priority()),
                Wishes.low(place.priority()),
                place.notBefore() == null ? 0 : 1,
                turn.turn(),
                turn.client(),
                turn.priority().number(),
                turn.weight(),
                ttl,
                ttl,
                job.id());
        Long starts = job.starts();
        if (starts != null) {
            Long earlier = place.startsAfter(tx.wall());
            if (earlier == null) {
                Queue queue = tx.queue(job.upstream());
                Scheduling.start(
                        tx,
                        tx.within(queue, job.partition()),
                        job.id(),
                        client,
                        place.weight(),
                        turn.priority());
            } else if (earlier < starts) {
                tx.sql.update(CommonSql.SCHEDULE_JOB, earlier, job.upstream(), job.id());
                tx.changed(job);
            }
        }
    }

    /** After its row was added: it has its result. */
    public void ended(Transaction tx, NewRequest ask) throws SQLException {
        tx.sql.update(
                RetentionSql.PRUNE_REQUEST_AT,
                ends.keptUntil(tx, Status.SUCCEEDED),
                ask.client(),
                ask.id());
        if (ask.webhook() != null) {
            deliveries.add(tx, ask.client(), ask.id(), Status.SUCCEEDED, false);
        }
    }

    /** After its row was added: what the caller is told. */
    public static Accepted held(Transaction tx, NewRequest ask, Accepted.How how)
            throws SQLException {
        RequestRecord request = read(tx, ask.client(), ask.id());
        if (request == null) {
            throw new SQLException("request " + ask.id() + " is missing", Ends.INCONSISTENT);
        }
        return held(tx, request, how);
    }

    public static Accepted held(Transaction tx, RequestRecord request, Accepted.How how) {
        Queue queue = request.status() == Status.QUEUED ? tx.known(request.queue()) : null;
        return new Accepted.Held(
                request,
                how,
                queue == null ? 0 : queue.position(request.jobPriority(), request.turn()));
    }

    private static @Nullable RequestRecord read(Transaction tx, int client, UUID id)
            throws SQLException {
        return tx.sql.first(CommonSql.WRITTEN_REQUEST, RequestColumn::read, client, id);
    }
}
