package dev.holdfast.store;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Ends.Ended;
import dev.holdfast.store.Ends.JobEnd;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Ends jobs and requests of a locked upstream, and adds the webhooks that tell of it. */
final class PostgresEnds {
    private final StoreOptions options;
    private final PostgresDeliveryLog deliveries;

    PostgresEnds(StoreOptions options, PostgresDeliveryLog deliveries) {
        this.options = options;
        this.deliveries = deliveries;
    }

    private record Live(int client, UUID id, boolean webhook, boolean expires) {}

    /**
     * Ends a job and with it every request that has not ended on its own.
     *
     * @param lease whether deliveries are leased to the caller, as far as it may take them
     */
    Ended endJob(PostgresTransaction tx, Job job, JobEnd end, boolean lease) throws SQLException {
        long now = tx.now();
        long finished = tx.wall();
        Result result = end.result();
        Failure failure = end.failure();
        boolean cache = result != null && job.cacheTtl() > 0;
        Long cachedUntil = cache ? Long.valueOf(now + job.cacheTtl()) : null;
        leaveQueue(tx, job);
        tx.sql.update(
                PostgresSql.FINISH_JOB,
                end.status().wire(),
                end.lastStatus(),
                end.charged(),
                result == null ? null : result.status(),
                result == null ? null : result.body(),
                failure == null ? null : failure.reason().name(),
                failure == null ? null : failure.upstreamStatus(),
                failure == null ? null : failure.upstreamBody(),
                finished,
                cachedUntil,
                now + Micros.of(options.retention()),
                job.id());
        tx.changed(job.upstream(), job.id());
        return new Ended(finished, cachedUntil, endRequests(tx, job, end.status(), lease));
    }

    /**
     * Ends one request on its own, and its job if nobody else wants that and no call is under way.
     *
     * @return its delivery, leased, if it wanted one and {@code lease}
     */
    @Nullable Delivery endRequest(
            PostgresTransaction tx, Ends.Key request, Status status, boolean lease)
            throws SQLException {
        int ended =
                tx.sql.update(
                        PostgresSql.END_REQUEST,
                        status.wire(),
                        tx.wall(),
                        request.client(),
                        request.id());
        if (ended == 0) {
            return null;
        }
        tx.pending(request.client(), -1);
        tx.sql.update(PostgresSql.LOSE_INTEREST, request.job());
        Job job = job(tx, request.job());
        tx.changed(job.upstream(), job.id());
        if (job.interest() == 0
                && (job.status() == Status.QUEUED || job.status() == Status.RETRYING)) {
            endJob(tx, job, JobEnd.unwanted(status), false);
        }
        RequestRecord record =
                tx.sql.first(
                        PostgresSql.REQUEST, RequestRows::request, request.client(), request.id());
        if (record == null || record.webhookUrl() == null) {
            return null;
        }
        return deliveries.add(tx, request.client(), request.id(), status, lease);
    }

    /** Ends what is still to be delivered of a request that goes on. */
    void endDeliveries(PostgresTransaction tx, Ends.Key request) throws SQLException {
        int ended = tx.sql.update(PostgresSql.END_DELIVERIES, request.client(), request.id());
        tx.deliveries(-ended);
    }

    /** A job that is known to exist. */
    static Job job(PostgresTransaction tx, long id) throws SQLException {
        Job job = tx.sql.first(PostgresSql.JOB, RequestRows::job, id);
        if (job == null) {
            throw new SQLException("job " + id + " is missing");
        }
        return job;
    }

    private static void leaveQueue(PostgresTransaction tx, Job job) {
        PostgresQueue queue = tx.queue(job.upstream());
        switch (job.status()) {
            case QUEUED -> queue.first.remove(job.client(), job.turn(), tx.undo);
            case RETRYING -> queue.retries.remove(job.client(), job.turn(), tx.undo);
            case RUNNING -> queue.running(-1);
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED ->
                    throw new IllegalStateException("job " + job.id() + " has ended before");
        }
    }

    private List<Delivery> endRequests(
            PostgresTransaction tx, Job job, Status status, boolean lease) throws SQLException {
        List<Live> live =
                tx.sql.list(
                        PostgresSql.LIVE_REQUESTS,
                        row ->
                                new Live(
                                        row.getInt(1),
                                        Session.uuid(row, 2),
                                        row.getString(3) != null,
                                        Session.longOrNull(row, 4) != null),
                        job.id());
        List<Delivery> leased = new ArrayList<>();
        for (Live request : live) {
            tx.pending(request.client(), -1);
            if (request.expires()) {
                tx.sql.update(PostgresSql.STOP_EXPIRY, request.client(), request.id());
            }
            if (request.webhook()) {
                boolean handOver = lease && leased.size() < StoreOptions.MAX_HANDED_OVER;
                Delivery delivery =
                        deliveries.add(tx, request.client(), request.id(), status, handOver);
                if (delivery != null) {
                    leased.add(delivery);
                }
            }
        }
        return leased;
    }
}
