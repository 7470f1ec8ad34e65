package dev.holdfast.store.transition;

import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Probes;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Undo;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Ends.Ended;
import dev.holdfast.store.transition.Ends.JobEnd;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#settle} and reads {@link Store#orphans}. */
public final class Settling {
    private static final Settled STALE = new Settled(false, null, null, List.of(), null);

    private final Ends ends;

    public Settling(Ends ends) {
        this.ends = ends;
    }

    public Settled settle(Transaction tx, Settlement settlement) throws SQLException {
        ClaimedJob claimed = settlement.job();
        long now = tx.now();
        SettledCall call = tx.settleAttempt(settlement);
        if (call == null) {
            return STALE;
        }
        LedgerWrites.settled(tx, call.with(claimed.headers()), settlement.arrival());
        if (claimed.isCharged()) {
            LedgerWrites.charged(
                    tx, call, claimed.attempt(), settlement.arrival(), settlement.used());
        }
        Job job = Ends.job(tx, claimed.job());
        if (job.status() != Status.RUNNING) {
            throw new SQLException(
                    "job " + job.id() + " has an attempt but does not run", Ends.INCONSISTENT);
        }
        Queue queue = tx.queue(job.upstream());
        if (settlement.wasAnswered()) {
            queue.root().present(tx.undo);
        }
        if (settlement.authorized()) {
            long left = now - Micros.of(settlement.latency());
            queue.authorized(left, tx.undo);
            queue.root().authorized(left, tx.undo); // refused before it had partitions
        }
        if (call.credential() == 0 || !claimed.headers().isEmpty()) {
            if (!isOfWhoCalledBefore(tx, queue, settlement)) {
                close(queue, settlement, now, tx.undo);
            }
        } else {
            closeOne(tx, queue, call, settlement, now);
        }
        return switch (settlement.decision()) {
            case Decision.Succeed succeed ->
                    ended(
                            tx,
                            job,
                            new JobEnd(
                                    Status.SUCCEEDED,
                                    succeed.result(),
                                    null,
                                    settlement.status(),
                                    0),
                            learn(tx, queue, claimed));
            case Decision.Fail fail ->
                    ended(
                            tx,
                            job,
                            new JobEnd(Status.FAILED, null, fail.failure(), settlement.status(), 0),
                            null);
            case Decision.Retry retry -> again(tx, job, settlement, retry, now);
        };
    }

    /**
     * Ends jobs that wait and must not be called twice, because they may have been called where
     * nobody here saw it.
     *
     * @param why in words, for whoever asked
     */
    public void doubt(Transaction tx, List<Long> jobs, String why) throws SQLException {
        Failure failure = new Failure(Failure.Reason.UNCERTAIN, null, null, why);
        for (long id : jobs) {
            JobEnd end = new JobEnd(Status.FAILED, null, failure, null, 0);
            ends.endJob(tx, Ends.job(tx, id), end, false);
        }
    }

    /** What was said of who called closes a partition; what was said of the server, all of them. */
    private static void close(Queue queue, Settlement settlement, long now, Undo undo) {
        Queue whose = settlement.isOfTheCaller() ? queue : queue.root();
        switch (settlement.decision().closing()) {
            case Decision.Closing.For(Duration length) ->
                    whose.close(now + Micros.of(length), undo);
            case Decision.Closing.Absent(Duration pause) ->
                    queue.root().absent(now, Micros.of(pause), undo);
            case Decision.Closing.Unauthorized() -> whose.refuse(now, undo);
            case null -> {
                // it takes calls
            }
        }
    }

    /** What is refused is what the call left with; its partition may have other headers by now. */
    private static boolean isOfWhoCalledBefore(Transaction tx, Queue queue, Settlement settlement)
            throws SQLException {
        Partition part = queue.partition();
        if (part == null
                || !(settlement.decision().closing() instanceof Decision.Closing.Unauthorized)) {
            return false;
        }
        String now =
                tx.sql.first(
                        CommonSql.OWN_HEADERS,
                        row -> Objects.requireNonNullElse(row.getString(1), ""),
                        queue.root().id,
                        part.key);
        String then = Objects.requireNonNullElse(settlement.job().headers().write(), "");
        return !then.equals(Objects.requireNonNullElse(now, ""));
    }

    /** Of an upstream with several credentials it is the one that is refused, or asked too much. */
    private static void closeOne(
            Transaction tx, Queue queue, SettledCall call, Settlement settlement, long now)
            throws SQLException {
        int credential = call.credential();
        if (settlement.authorized()) {
            long left = now - Micros.of(settlement.latency());
            CredentialRows.authorized(tx.sql, queue.root().id, credential, left);
        }
        switch (settlement.decision().closing()) {
            case Decision.Closing.Unauthorized() ->
                    CredentialRows.refuse(
                            tx.sql, queue.root().id, credential, now, Probes.next(now, now));
            case Decision.Closing.For(Duration length) when settlement.isOfTheCaller() ->
                    CredentialRows.close(
                            tx.sql, queue.root().id, credential, now + Micros.of(length));
            case null, default -> close(queue, settlement, now, tx.undo);
        }
    }

    /**
     * A call succeeded; if one before it failed, that tells how long its route takes to recover.
     */
    private static @Nullable LearnedDelay learn(Transaction tx, Queue queue, ClaimedJob call)
            throws SQLException {
        Duration failed = call.failedAt();
        if (failed == null) {
            return null;
        }
        String before =
                tx.sql.first(
                        CommonSql.LEARNED,
                        row -> Session.text(row, 1),
                        queue.root().id,
                        call.route());
        LearnedDelay learned =
                (before == null ? LearnedDelay.NOTHING : LearnedDelay.read(before))
                        .with(failed, call.sinceFirst());
        tx.sql.update(CommonSql.LEARN, queue.root().id, call.route(), learned.write());
        return learned;
    }

    private Settled ended(Transaction tx, Job job, JobEnd end, @Nullable LearnedDelay learned)
            throws SQLException {
        Ended ended = ends.endJob(tx, job, end, true);
        return new Settled(
                true,
                Instant.ofEpochMilli(ended.finishedMillis()),
                Micros.instantOrNull(ended.cachedUntil()),
                ended.deliveries(),
                learned);
    }

    private Settled again(
            Transaction tx, Job job, Settlement settlement, Decision.Retry retry, long now)
            throws SQLException {
        Queue queue = tx.queue(job.upstream());
        if (job.interest() == 0) {
            return ended(tx, job, JobEnd.unwanted(Status.CANCELLED), null);
        }
        long turn = queue.next(job.priority(), true, job.client(), job.weight());
        tx.sql.update(
                CommonSql.RETRY_JOB,
                now + Micros.of(retry.after()),
                turn,
                retry.charged() ? 1 : 0,
                settlement.status(),
                job.id());
        queue.running(-1, tx.undo);
        queue.enter(job, true, turn, tx.undo);
        tx.changed(job);
        return new Settled(true, null, null, List.of(), null);
    }
}
