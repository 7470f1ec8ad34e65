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
import dev.holdfast.store.transition.Ends.JobEnd;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Writes {@link Store#giveBack} and {@link Store#handOver}. */
public final class GivingBack {
    private final Ends ends;

    public GivingBack(Ends ends) {
        this.ends = ends;
    }

    public Void giveBack(Transaction tx, List<ClaimedJob> claimed) throws SQLException {
        for (ClaimedJob call : claimed) {
            if (deleted(tx, call)) {
                tx.sql.update(CommonSql.UNDO_RUN_JOB, tx.now(), call.job());
                requeued(tx, Ends.job(tx, call.job()));
            }
        }
        return null;
    }

    public Void handOver(Transaction tx, ClaimedJob call, Queue root, Duration after)
            throws SQLException {
        if (!deleted(tx, call)) {
            return null;
        }
        Job before = Ends.job(tx, call.job());
        unmade(tx, tx.queue(before.upstream()));
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

    private static boolean deleted(Transaction tx, ClaimedJob call) throws SQLException {
        if (!tx.deleteAttempt(call.attempt())) {
            return false;
        }
        if (call.isCharged()) {
            tx.sql.update(LedgerSql.DELETE_CHARGES, call.attempt());
        }
        if (call.credential() != null) {
            // As a whole upstream: whoever did not call has found out nothing.
            int queue = Ends.job(tx, call.job()).upstream();
            CredentialRows.probeNow(tx.sql, tx.queue(queue).root().id);
        }
        return true;
    }

    /** A call that was not made has found out nothing: the next may look at once. */
    public static void unmade(Transaction tx, Queue queue) {
        queue.running(-1, tx.undo);
        queue.probeNow(tx.undo);
        queue.root().probeNow(tx.undo);
    }

    private void requeued(Transaction tx, Job job) throws SQLException {
        Queue queue = tx.queue(job.upstream());
        queue.back(job, tx.undo);
        unmade(tx, queue);
        tx.changed(job);
        if (job.interest() == 0) {
            ends.endJob(tx, job, JobEnd.unwanted(Status.CANCELLED), false);
        }
    }
}
