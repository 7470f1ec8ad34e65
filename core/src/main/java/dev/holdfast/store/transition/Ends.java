package dev.holdfast.store.transition;

import dev.holdfast.request.Body;
import dev.holdfast.request.Failure;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.Original;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Wishes;
import dev.holdfast.store.sql.BodyColumns;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends jobs and requests, and adds the webhooks that tell of it. */
public final class Ends {
    /** SQL state of a database that contradicts itself: {@code internal_error}. */
    static final String INCONSISTENT = "XX000";

    private final StoreOptions options;
    private final DeliveryWrites deliveries;
    private final Telling telling;

    public Ends(StoreOptions options, DeliveryWrites deliveries, Telling telling) {
        this.options = options;
        this.deliveries = deliveries;
        this.telling = telling;
    }

    /**
     * How a job ended.
     *
     * @param lastStatus the upstream's status at its last call, or null to leave it
     * @param charged 1 if that call counts, else 0
     */
    record JobEnd(
            Status status,
            @Nullable Result result,
            @Nullable Failure failure,
            @Nullable Integer lastStatus,
            int charged) {
        /** Nobody wants it any more. */
        static JobEnd unwanted(Status status) {
            return new JobEnd(status, null, null, null, 0);
        }
    }

    /**
     * What an end wrote.
     *
     * @param finishedMillis wall time
     * @param cachedUntil steady microseconds, or null
     * @param deliveries leased to the caller
     */
    record Ended(long finishedMillis, @Nullable Long cachedUntil, List<Delivery> deliveries) {}

    /**
     * Ends a job and with it every request that has not ended on its own; where many wait, not all
     * of them are told in this transaction.
     *
     * @param lease whether deliveries are leased to the caller, as far as it may take them
     */
    Ended endJob(Transaction tx, Job job, JobEnd end, boolean lease) throws SQLException {
        long now = tx.now();
        long finished = tx.wall();
        Result result = end.result();
        Failure failure = end.failure();
        Original original =
                result != null ? result.original() : failure == null ? null : failure.original();
        Body body = original == null ? null : original.body();
        if (body instanceof Body.Kept kept) {
            StoredContents.hold(tx, job.client(), kept);
        }
        boolean cache = result != null && job.cacheTtl() > 0;
        Long cachedUntil = cache ? Long.valueOf(now + job.cacheTtl()) : null;
        Queue queue = tx.queue(job.upstream());
        Queue root = queue.root();
        queue.leave(job, tx.undo);
        tx.sql.update(
                CommonSql.FINISH_JOB,
                end.status().wire(),
                end.lastStatus(),
                end.charged(),
                result == null ? null : result.status(),
                result == null ? null : result.body(),
                failure == null ? null : failure.reason().name(),
                failure == null ? null : failure.upstreamStatus(),
                failure == null ? null : failure.upstreamBody(),
                failure == null ? null : failure.detail(),
                original == null ? null : HeaderLine.write(original.headers()),
                BodyColumns.atHand(body),
                BodyColumns.content(body),
                BodyColumns.bytes(body),
                finished,
                cachedUntil,
                keptUntil(tx, end.status()),
                root.id,
                job.id());
        if (failure == null || job.interest() == 0) {
            // A failed one may be asked for again, with what it carried.
            forgetBody(tx, job);
        }
        tx.finished(job, cache);
        tx.changed(job);
        Failure.Reason reason = failure == null ? null : failure.reason();
        List<Delivery> leased =
                job.interest() == 0
                        ? List.of()
                        : telling.begin(tx, job, end.status(), reason, lease);
        return new Ended(finished, cachedUntil, leased);
    }

    private static void forgetBody(Transaction tx, Job job) throws SQLException {
        if (job.body() instanceof Body.Kept kept) {
            StoredContents.release(tx, kept);
        }
        if (!job.body().isEmpty()) {
            tx.sql.update(CommonSql.FORGET_BODY, job.id());
        }
    }

    /** A request that ends on its own: its batch or 0, and what it wanted. */
    private record Wished(int batch, Priority priority, boolean timed) {
        static Wished read(ResultSet row) throws SQLException {
            Priority priority = Priority.ALL.get(row.getInt(2));
            return new Wished(row.getInt(1), priority, Session.longOrNull(row, 3) != null);
        }
    }

    /**
     * How a request ended on its own.
     *
     * @param request as it stands now
     * @param delivery leased to the caller, if it wanted one and the caller may take it
     */
    record OwnEnd(RequestRecord request, @Nullable Delivery delivery) {}

    /**
     * Ends one request on its own, and its job if nobody else wants that and no call is under way.
     *
     * @param lease whether its delivery is leased to the caller; otherwise it is due
     * @return null for one that has an end already, which it keeps
     */
    @Nullable OwnEnd endRequest(Transaction tx, RequestKey request, Status status, boolean lease)
            throws SQLException {
        Wished wished =
                tx.sql.change(
                        CommonSql.END_REQUEST,
                        Wished::read,
                        status.wire(),
                        tx.wall(),
                        keptUntil(tx, status),
                        request.client(),
                        request.id());
        if (wished == null) {
            tx.sql.update(CommonSql.STOP_EXPIRY, request.client(), request.id());
            return null;
        }
        tx.pending(request.client(), -1);
        tx.batches.moved(wished.batch(), Status.QUEUED, status);
        tx.sql.update(
                CommonSql.LOSE_INTEREST,
                Wishes.high(wished.priority()),
                Wishes.low(wished.priority()),
                wished.timed() ? 1 : 0,
                request.job());
        Job job = job(tx, request.job());
        tx.changed(job);
        tx.ended(job.route(), status, null, 1);
        if (job.interest() == 0 && job.status() != Status.RUNNING && !job.status().isFinal()) {
            endJob(tx, job, JobEnd.unwanted(status), false);
        } else if (job.interest() > 0) {
            Scheduling.follow(tx, job);
        }
        RequestRecord record =
                tx.sql.first(
                        CommonSql.REQUEST, RequestColumn::read, request.client(), request.id());
        if (record == null) {
            throw new SQLException("request " + request.id() + " is missing", INCONSISTENT);
        }
        Delivery delivery =
                record.webhookUrl() == null
                        ? null
                        : deliveries.add(tx, request.client(), request.id(), status, lease);
        return new OwnEnd(record, delivery);
    }

    /** Ends what is still to be delivered of a request that goes on. */
    void endDeliveries(Transaction tx, RequestKey request) throws SQLException {
        tx.deliveries(-tx.endDeliveries(request));
    }

    /** Until when what ends so now can be looked up, in steady microseconds. */
    public long keptUntil(Transaction tx, Status end) {
        return tx.now() + Micros.of(options.retention().of(end));
    }

    /** Until when anything that ends now can be looked up, in steady microseconds. */
    public long longestKeptUntil(Transaction tx) {
        return tx.now() + Micros.of(options.retention().longest());
    }

    /** A job that is known to exist. */
    public static Job job(Transaction tx, long id) throws SQLException {
        Job job = tx.sql.first(CommonSql.JOB, JobColumn::read, id);
        if (job == null) {
            throw new SQLException("job " + id + " is missing", INCONSISTENT);
        }
        return job;
    }
}
