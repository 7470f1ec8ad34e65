package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Store;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Ends.JobEnd;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#giveBack} and {@link Store#handOver}. */
public final class GivingBack {
    private final Ends ends;

    public GivingBack(Ends ends) {
        this.ends = ends;
    }

    public Void giveBack(Transaction tx, List<ClaimedJob> claimed) throws SQLException {
        for (ClaimedJob call : claimed) {
            Unmade unmade = deleted(tx, call);
            if (unmade != null) {
                tx.sql.update(CommonSql.UNDO_RUN_JOB, tx.now(), call.job());
                requeued(tx, Ends.job(tx, call.job()), unmade);
            }
        }
        return null;
    }

    public Void handOver(Transaction tx, ClaimedJob call, Queue root, Duration after)
            throws SQLException {
        Unmade unmade = deleted(tx, call);
        if (unmade == null) {
            return null;
        }
        Job before = Ends.job(tx, call.job());
        unmade(tx, tx.queue(before.upstream()), unmade);
        tx.changed(before);
        Queue to = tx.within(root, before.partition());
        boolean again = before.attempts() > 1 || after.isPositive();
        long turn = to.next(before.priority(), again, before.client(), before.weight());
        tx.sql.update(
                CommonSql.HAND_OVER_JOB,
                to.id,
                turn,
                (again ? Status.RETRYING : Status.QUEUED).wire(),
                again ? Long.valueOf(tx.now() + Micros.of(after)) : null,
                call.job());
        to.enter(before, again, turn, tx.undo);
        Job job = Ends.job(tx, call.job());
        tx.changed(job);
        if (job.interest() == 0) {
            ends.endJob(tx, job, JobEnd.unwanted(Status.CANCELLED), false);
        }
        return null;
    }

    /**
     * A call that was not made.
     *
     * @param taken when it was claimed, in steady microseconds
     * @param credential the ledger of the one of several that it was to leave with; null for none
     */
    public record Unmade(long taken, @Nullable Integer credential) {}

    private static @Nullable Unmade deleted(Transaction tx, ClaimedJob call) throws SQLException {
        Unmade unmade =
                tx.sql.first(
                        LedgerSql.UNMADE,
                        row -> new Unmade(row.getLong(1), Session.intOrNull(row, 2)),
                        call.attempt());
        if (unmade == null || !tx.deleteAttempt(call.attempt())) {
            return null;
        }
        if (call.isCharged()) {
            tx.sql.update(LedgerSql.DELETE_CHARGES, call.attempt());
        }
        return unmade;
    }

    /** Whoever did not call has found out nothing: where it was a probe, the next is one. */
    public static void unmade(Transaction tx, Queue queue, Unmade call) throws SQLException {
        queue.unmade(call.taken(), tx.undo);
        Integer credential = call.credential();
        if (credential != null) {
            CredentialRows.unmade(tx.sql, queue.root().id, credential, call.taken());
        }
    }

    private void requeued(Transaction tx, Job job, Unmade unmade) throws SQLException {
        Queue queue = tx.queue(job.upstream());
        queue.back(job, tx.undo);
        unmade(tx, queue, unmade);
        tx.changed(job);
        if (job.interest() == 0) {
            ends.endJob(tx, job, JobEnd.unwanted(Status.CANCELLED), false);
        }
    }
}
