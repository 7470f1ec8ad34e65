package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Verdict;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many slots may be taken, when the next can be, and what a claimed job carries. */
final class ClaimRules {
    /** Jobs claimed at once; a dispatcher that can make more calls asks again. */
    static final int MAX_CLAIM = 256;

    /** Due retries that are looked at, the longest due ones; their turns decide among them. */
    static final int RETRIES_LOOKED_AT = 256;

    /** A wait shorter than this, in microseconds, is no wait but the time a claim takes. */
    private static final long NO_WAIT = 50_000;

    private ClaimRules() {}

    /** How long a call waited, in microseconds, and for what: nothing, slot or backoff. */
    record Waited(long micros, String forWhat) {}

    /** The slots that may be taken now, as many as are asked for at most. */
    static int free(Queue queue, ClaimAsk ask, Occupancy slots, long now) {
        if (queue.waiting() == 0 || queue.paused() || queue.closedUntil() > now) {
            return 0;
        }
        int most = queue.unauthorizedSince() > 0 ? 1 : Math.min(ask.max(), MAX_CLAIM);
        return switch (ask.quota().verdict(slots, Micros.instant(now))) {
            case Verdict.Granted(int free) -> Math.min(free, most);
            case Verdict.NotBefore(Instant _), Verdict.AfterSettling() -> 0;
        };
    }

    /** Jobs were taken; of one whose credential is refused, one as a probe. */
    static void taken(Transaction tx, Queue queue, List<ClaimedJob> jobs) {
        if (queue.unauthorizedSince() > 0 && !jobs.isEmpty()) {
            queue.probed(tx.now(), tx.undo);
        }
    }

    /** When there will be a slot and something to call; null if nothing but a change tells. */
    static @Nullable Instant nextAt(Transaction tx, Queue queue, ClaimAsk ask, Occupancy slots)
            throws SQLException {
        if (queue.paused() || queue.waiting() == 0) {
            return null;
        }
        long now = tx.now();
        long next = Math.max(now, queue.closedUntil());
        if (queue.first.jobs() == 0) {
            next = Math.max(next, tx.sql.number(CommonSql.NEXT_RETRY, queue.id));
        }
        return switch (ask.quota().verdict(slots, Micros.instant(now))) {
            case Verdict.Granted(int _) -> Micros.instant(next);
            case Verdict.NotBefore(Instant at) -> {
                Instant work = Micros.instant(next);
                yield at.isAfter(work) ? at : work;
            }
            case Verdict.AfterSettling() -> null;
        };
    }

    /**
     * How long a job waited for its call.
     *
     * @param since when its last call settled; 0 if there was none
     */
    static Waited waited(Job job, long since, long now) {
        Long due = job.due();
        if (due == null) {
            long waited = Math.max(0, now - job.created());
            return new Waited(waited, waited < NO_WAIT ? "nothing" : "slot");
        }
        boolean longerForSlot = now - due > Math.max(NO_WAIT, due - since);
        return new Waited(Math.max(0, now - since), longerForSlot ? "slot" : "backoff");
    }

    /** A job as its caller gets it. */
    static ClaimedJob claimed(String upstream, Job job, long attempt, int number, long now) {
        return new ClaimedJob(
                job.id(),
                attempt,
                number,
                job.charged(),
                Micros.duration(Math.max(0, now - job.created())),
                job.repeatable(),
                upstream,
                job.route(),
                job.params(),
                job.request());
    }

    /** An upstream with these slots. */
    static UpstreamState state(Queue queue, Occupancy slots, long now) {
        long closed = queue.closedUntil();
        long unauthorized = queue.unauthorizedSince();
        return new UpstreamState(
                slots,
                queue.first.jobs(),
                queue.retries.jobs(),
                closed > now ? Micros.instant(closed) : null,
                unauthorized > 0 ? Micros.instant(unauthorized) : null,
                queue.paused());
    }
}
