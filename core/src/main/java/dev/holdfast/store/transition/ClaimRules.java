package dev.holdfast.store.transition;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.UpstreamState;
import dev.holdfast.store.credential.Seats;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How many slots may be taken, when the next can be, and what a claimed job carries. */
public final class ClaimRules {
    /** Jobs claimed at once; a dispatcher that can make more calls asks again. */
    static final int MAX_CLAIM = 256;

    /**
     * Retries that are put among the due ones by one claim, the longest due ones first; the others
     * follow with the next. It is a bound on the time of a claim: 4,096 take some 30 ms.
     */
    public static final int FALLING_DUE = 4_096;

    /** A wait shorter than this, in microseconds, is no wait but the time a claim takes. */
    private static final long NO_WAIT = 50_000;

    private ClaimRules() {}

    /**
     * A job's calls before the one that is claimed, in microseconds.
     *
     * @param settled when the last one settled; 0 if there was none
     * @param first when the first one was made; 0 if there was none
     * @param failed when the last one was made that the upstream failed; 0 if there was none
     */
    public record Before(long settled, long first, long failed) {
        /** There were none. */
        public static final Before NONE = new Before(0, 0, 0);

        /** Reads one, with nulls for what there was not, from these columns on. */
        public static Before of(ResultSet row, int column) throws SQLException {
            return new Before(
                    row.getLong(column), row.getLong(column + 1), row.getLong(column + 2));
        }
    }

    /** How long a call waited, in microseconds, and for what: nothing, slot or backoff. */
    public record Waited(long micros, String forWhat) {}

    /**
     * Slots that may be taken.
     *
     * @param probe whether it is the one of a probe
     */
    public record Grant(int slots, boolean probe) {
        public static final Grant NONE = new Grant(0, false);
    }

    /** The slots that may be taken now, as many as are asked for at most. */
    public static Grant free(Queue queue, ClaimAsk ask, Occupancy slots, Seats seats, long now) {
        if (queue.waiting() == 0 || queue.paused() || queue.shutUntil() > now) {
            return Grant.NONE;
        }
        boolean absent = queue.absentSince() > 0;
        if (absent && (queue.absentUntil() > now || queue.running() > 0)) {
            return Grant.NONE; // one at a time
        }
        boolean single = absent || queue.unauthorizedSince() > 0;
        int most = single ? 1 : Math.min(ask.max(), MAX_CLAIM);
        Verdict own = ask.quota().verdict(slots, Micros.instant(now));
        return switch (seats.limit(own, slots.inFlight() > 0)) {
            case Verdict.Granted(int free) -> new Grant(Math.min(free, most), false);
            case Verdict.Probe(Instant at) when Micros.of(at) <= now -> new Grant(1, true);
            case Verdict.Probe _, Verdict.NotBefore _, Verdict.AfterSettling _ -> Grant.NONE;
        };
    }

    /** Jobs were taken; of one whose credential is refused or that is absent, one to find out. */
    public static void taken(
            Transaction tx, Queue queue, BreakerPolicy breaker, List<ClaimedJob> jobs) {
        if (queue.absentSince() > 0 && !jobs.isEmpty()) {
            Duration absent = Micros.duration(Math.max(0, tx.now() - queue.absentSince()));
            queue.lookedForAt(tx.now() + Micros.of(breaker.next(absent)), tx.undo);
        }
        if (queue.unauthorizedSince() > 0 && !jobs.isEmpty()) {
            queue.probed(tx.now(), tx.undo);
        }
    }

    /** The slots after so many calls of them left. */
    public static Occupancy after(
            Transaction tx, Queue queue, ClaimAsk ask, Occupancy before, int calls, long now)
            throws SQLException {
        return Ledger.after(tx.sql, queue.ledger(), ask.quota(), now, tx.heldOver(), before, calls);
    }

    /**
     * When there will be a slot and something to call; null if nothing but a change tells.
     *
     * @param units the room that there was for what costs other units than calls
     */
    public static @Nullable Instant nextAt(
            Transaction tx, Queue queue, ClaimAsk ask, Occupancy slots, UnitRoom units)
            throws SQLException {
        Instant next = nextAt(tx, queue, ask, slots, units.seats());
        if (next == null || !units.blocks()) {
            return next;
        }
        // Who falls due before there is room may take nothing of what there is none of.
        Instant room = units.nextAt(slots.inFlight() > 0);
        Instant work = nextWork(tx, queue);
        if (room == null || (work != null && work.isBefore(room))) {
            room = work;
        }
        return room == null ? null : later(next, room);
    }

    /**
     * The same of an upstream with partitions.
     *
     * @param units the room that there was for what waits in none of them
     * @param turns of these
     */
    public static @Nullable Instant nextAt(
            Transaction tx, Queue queue, ClaimAsk ask, Occupancy slots, UnitRoom units, Turns turns)
            throws SQLException {
        if (queue.paused()) {
            return null;
        }
        Instant next = turns.next();
        boolean own = queue.ownWaiting() + queue.scheduled() > 0;
        boolean ownNow = queue.ownWaiting() > queue.ownRetrying() || anyReady(tx, queue);
        Instant ownWork = own && !ownNow ? nextWork(tx, queue) : null;
        if (own && ownNow) {
            ownWork =
                    units.blocks() ? units.nextAt(slots.inFlight() > 0) : Micros.instant(tx.now());
        }
        if (ownWork != null && (next == null || ownWork.isBefore(next))) {
            next = ownWork;
        }
        Seats seats = units.seats();
        Instant first = next == null ? null : nextAt(tx, queue, ask, slots, seats, next);
        Instant alone = turns.alone();
        Instant other = alone == null ? null : nextAt(tx, queue, ask, slots, seats.none(), alone);
        return first == null || (other != null && other.isBefore(first)) ? other : first;
    }

    /** Tells when there will be a turn for a partition; null if nothing but a change does. */
    public interface Turns {
        /** For any of them. */
        @Nullable Instant next() throws SQLException;

        /** For one whose calls leave with none of several credentials. */
        @Nullable Instant alone() throws SQLException;
    }

    private static @Nullable Instant nextAt(
            Transaction tx, Queue queue, ClaimAsk ask, Occupancy slots, Seats seats)
            throws SQLException {
        if (queue.paused() || queue.waiting() + queue.scheduled() == 0) {
            return null;
        }
        boolean atOnce = queue.queued().total() > 0 || anyReady(tx, queue);
        return nextAt(tx, queue, ask, slots, seats, atOnce ? null : nextWork(tx, queue));
    }

    /**
     * When there will be a slot for whatever can be called from some time on.
     *
     * @param work that time; null for now
     */
    private static @Nullable Instant nextAt(
            Transaction tx,
            Queue queue,
            ClaimAsk ask,
            Occupancy slots,
            Seats seats,
            @Nullable Instant work) {
        if (queue.absentSince() > 0 && queue.running() > 0) {
            return null; // what comes of that call decides
        }
        long now = tx.now();
        Instant next =
                Micros.instant(Math.max(now, Math.max(queue.shutUntil(), queue.absentUntil())));
        next = work == null ? next : later(next, work);
        Verdict own = ask.quota().verdict(slots, Micros.instant(now));
        return switch (seats.limit(own, slots.inFlight() > 0)) {
            case Verdict.Granted(int _) -> next;
            case Verdict.NotBefore(Instant at) -> later(at, next);
            case Verdict.Probe(Instant at) -> later(at, next);
            case Verdict.AfterSettling() -> null;
        };
    }

    private static boolean anyReady(Transaction tx, Queue queue) throws SQLException {
        return queue.retrying().total() > 0 && tx.sql.number(CommonSql.ANY_READY, queue.id) > 0;
    }

    /** When the next retry falls due, or a time comes; null if there is neither. */
    private static @Nullable Instant nextWork(Transaction tx, Queue queue) throws SQLException {
        Instant start = queue.scheduled() == 0 ? null : Micros.instant(Scheduling.next(tx, queue));
        long due =
                queue.retrying().total() == 0 ? 0 : tx.sql.number(CommonSql.NEXT_RETRY, queue.id);
        Instant retry = due == 0 ? null : Micros.instant(due);
        return start == null || (retry != null && retry.isBefore(start)) ? retry : start;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /**
     * How long a job waited for its call.
     *
     * @param before its calls before
     */
    public static Waited waited(Job job, Before before, long now) {
        long since = before.settled();
        Long due = job.due();
        if (due == null) {
            long waited = Math.max(0, now - job.created());
            return new Waited(waited, waited < NO_WAIT ? "nothing" : "slot");
        }
        boolean longerForSlot = now - due > Math.max(NO_WAIT, due - since);
        return new Waited(Math.max(0, now - since), longerForSlot ? "slot" : "backoff");
    }

    /** A job as its caller gets it. */
    public static ClaimedJob claimed(
            String upstream,
            Job job,
            long attempt,
            int number,
            boolean probe,
            Before before,
            long now) {
        long first = before.first() == 0 ? now : before.first();
        long failed = before.failed();
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
                job.request(),
                probe,
                Micros.duration(Math.max(0, now - first)),
                failed == 0 ? null : Micros.duration(Math.max(0, failed - first)),
                job.body(),
                Objects.requireNonNullElse(job.costs(), Costs.NONE),
                null,
                job.partition(),
                OwnHeaders.NONE);
    }

    /** An upstream with these slots. */
    public static UpstreamState state(
            Queue queue, Occupancy slots, Map<String, Occupancy> units, long now) {
        long closed = queue.shutUntil();
        long unauthorized = queue.unauthorizedSince();
        long absent = queue.absentSince();
        return new UpstreamState(
                slots,
                units,
                queue.queued(),
                queue.retrying(),
                queue.scheduled(),
                closed > now ? Micros.instant(closed) : null,
                unauthorized > 0 ? Micros.instant(unauthorized) : null,
                absent == 0
                        ? null
                        : new UpstreamState.Absence(
                                Micros.instant(absent), Micros.instant(queue.absentUntil())),
                queue.paused());
    }
}
