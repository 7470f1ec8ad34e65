package dev.holdfast.store.transition;

import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.Ending;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Wishes;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that wait for a time, and what becomes of a job when those who want it want something else:
 * it has the highest of their priorities and the earliest of their times.
 *
 * <p>A time is the wall clock's, as the caller gave it: a job is queued once that clock shows it.
 * If the clock is set forward it is queued at once, within a second; if it is set back it waits for
 * as much longer. One that was queued stays so.
 */
public final class Scheduling {
    /** Jobs queued by one claim; the others follow with the next, which is due at once. */
    public static final int AT_ONCE = 256;

    private Scheduling() {}

    private record Starting(
            long id, int client, int weight, Priority priority, @Nullable String partition) {}

    /**
     * Queues those whose time has come.
     *
     * @return their numbers
     */
    public static List<Long> start(Transaction tx, Queue queue) throws SQLException {
        if (queue.scheduled() == 0) {
            return List.of();
        }
        List<Starting> starting =
                tx.sql.list(
                        CommonSql.STARTING,
                        row ->
                                new Starting(
                                        row.getLong(1),
                                        row.getInt(2),
                                        row.getInt(3),
                                        Priority.ALL.get(row.getInt(4)),
                                        Session.text(row, 5)),
                        queue.id,
                        tx.wall(),
                        AT_ONCE);
        List<Long> started = new ArrayList<>();
        for (Starting job : starting) {
            Queue to = tx.within(queue, job.partition());
            start(tx, to, job.id(), job.client(), job.weight(), job.priority());
            started.add(job.id());
        }
        return started;
    }

    /**
     * A job's time has come: it has its client's next turn.
     *
     * @param queue where it waits from now on
     */
    static void start(
            Transaction tx, Queue queue, long job, int client, int weight, Priority priority)
            throws SQLException {
        Queue.Turn turn = queue.start(client, weight, priority, tx.undo);
        int started =
                tx.sql.update(
                        CommonSql.START_JOB,
                        queue.id,
                        turn.turn(),
                        client,
                        priority.number(),
                        weight,
                        tx.now(),
                        job);
        if (started != 1) {
            throw new SQLException("job " + job + " is not scheduled", Ends.INCONSISTENT);
        }
        tx.changed(job, queue.root().id);
    }

    /** When the next one's time comes, in steady microseconds; there is one. */
    static long next(Transaction tx, Queue queue) throws SQLException {
        long millis = tx.sql.number(CommonSql.NEXT_START, queue.id) - tx.wall();
        return tx.now() + 1_000 * Math.max(0, millis);
    }

    /** Before when nobody wants it who still does, in wall milliseconds; null for at once. */
    private static @Nullable Long starts(Transaction tx, Job job) throws SQLException {
        if (job.wishes().atOnce()) {
            return null;
        }
        Long earliest =
                tx.sql.first(CommonSql.EARLIEST, row -> Session.longOrNull(row, 1), job.id());
        return earliest == null || earliest <= tx.wall() ? null : earliest;
    }

    private static Job job(Transaction tx, long id) throws SQLException {
        Job job = tx.sql.first(CommonSql.JOB, JobColumn::read, id);
        if (job == null) {
            throw new SQLException("job " + id + " is missing", Ends.INCONSISTENT);
        }
        return job;
    }

    /** A job that goes on is what those want who still want it. */
    static void follow(Transaction tx, Job before) throws SQLException {
        Queue queue = tx.queue(before.upstream());
        Job job = before;
        Priority highest = job.wishes().highest();
        if (highest != job.priority()) {
            Queue.Turn turn = queue.change(job, highest, tx.undo);
            tx.sql.update(CommonSql.CHANGE_JOB, turn.turn(), highest.number(), job.id());
            job = job(tx, job.id());
        }
        Long starts = starts(tx, job);
        boolean scheduled = job.status() == Status.SCHEDULED;
        if (scheduled && starts == null) {
            Queue to = tx.within(queue, job.partition());
            start(tx, to, job.id(), job.client(), job.weight(), job.priority());
        } else if (scheduled && !Objects.equals(starts, job.starts())) {
            tx.sql.update(CommonSql.SCHEDULE_JOB, starts, queue.id, job.id());
        } else if (job.status() == Status.QUEUED && starts != null) {
            queue.postpone(job, tx.undo);
            tx.sql.update(CommonSql.SCHEDULE_JOB, starts, queue.root().id, job.id());
        }
        tx.changed(job);
    }

    /**
     * Writes {@link Store#change}.
     *
     * @param request as it is in this transaction; null if the viewer has none like it
     */
    public static Ending change(Transaction tx, @Nullable RequestRecord request, Store.Wish wish)
            throws SQLException {
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        boolean may =
                switch (request.status()) {
                    case SCHEDULED, QUEUED -> true;
                    case RETRYING -> !wish.timed();
                    case RUNNING, SUCCEEDED, FAILED, EXPIRED, CANCELLED -> false;
                };
        if (!may) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Priority priority = wish.priority() == null ? request.priority() : wish.priority();
        Instant notBefore = wish.timed() ? wish.notBefore() : request.notBefore();
        tx.sql.update(
                CommonSql.CHANGE_REQUEST,
                priority.number(),
                notBefore == null ? null : Long.valueOf(notBefore.toEpochMilli()),
                request.client(),
                request.id());
        tx.sql.update(
                CommonSql.CHANGE_WISHES,
                Wishes.high(priority) - Wishes.high(request.priority()),
                Wishes.low(priority) - Wishes.low(request.priority()),
                (notBefore == null ? 0 : 1) - (request.notBefore() == null ? 0 : 1),
                request.job());
        follow(tx, job(tx, request.job()));
        RequestRecord now =
                tx.sql.first(
                        CommonSql.WRITTEN_REQUEST,
                        RequestColumn::read,
                        request.client(),
                        request.id());
        return new Ending(Ending.What.DONE, now, List.of());
    }
}
