package dev.holdfast.store;

import dev.holdfast.request.Status;
import dev.holdfast.store.Ends.JobEnd;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;

/** Writes {@link Store#giveBack}. */
final class GivingBack {
    private final Ends ends;

    GivingBack(Ends ends) {
        this.ends = ends;
    }

    Void giveBack(Transaction tx, List<ClaimedJob> claimed) throws SQLException {
        for (ClaimedJob call : claimed) {
            if (tx.deleteAttempt(call.attempt())) {
                tx.sql.update(CommonSql.UNDO_RUN_JOB, tx.now(), call.job());
                requeued(tx, Ends.job(tx, call.job()));
            }
        }
        return null;
    }

    private void requeued(Transaction tx, Job job) throws SQLException {
        Queue queue = tx.queue(job.upstream());
        Lanes lanes = job.status() == Status.QUEUED ? queue.first : queue.retries;
        lanes.add(job.client(), job.turn(), tx.undo);
        queue.running(-1, tx.undo);
        tx.changed(job);
        if (job.interest() == 0) {
            ends.endJob(tx, job, JobEnd.unwanted(Status.CANCELLED), false);
        }
    }
}
