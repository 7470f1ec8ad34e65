package dev.holdfast.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several credentials of one upstream: a call leaves with any of them, and takes a slot of that one
 * only. Pure arithmetic, beside the {@link Quota} of the upstream itself, which counts the calls of
 * all of them.
 *
 * @param members those that take calls now or later
 */
public record Pool(List<Member> members) {
    /** Of an upstream whose calls all leave with the same credential. */
    public static final Pool NONE = new Pool(List.of());

    public Pool {
        members = List.copyOf(members);
    }

    /**
     * A credential.
     *
     * @param slots what its ledger says
     * @param from before then nothing leaves with it; null if something may
     * @param single whether a single call is to find out something
     */
    public record Member(Quota quota, Occupancy slots, @Nullable Instant from, boolean single) {
        /**
         * How many calls may leave with it at {@code now}, and if none, when to ask again.
         *
         * @param others whether a call is in flight with whatever credential: its answer tells of
         *     what is missing, too
         */
        public Verdict verdict(Instant now, boolean others) {
            Verdict own = quota.verdict(slots, now);
            if (own instanceof Verdict.Probe && others) {
                return new Verdict.AfterSettling();
            }
            Instant opens = from;
            if (opens != null && opens.isAfter(now)) {
                return own.notBefore(opens);
            }
            return single && own instanceof Verdict.Granted ? new Verdict.Granted(1) : own;
        }
    }

    /** Whether any call of the upstream leaves with whatever it has otherwise. */
    public boolean isNone() {
        return members.isEmpty();
    }

    /** What all of them allow together at {@code now}. */
    public Verdict verdict(Instant now, boolean inFlight) {
        long free = 0;
        Instant soonest = null;
        boolean probe = false;
        for (Member member : members) {
            switch (member.verdict(now, inFlight)) {
                case Verdict.Granted(int slots) -> free += slots;
                case Verdict.NotBefore(Instant at) -> {
                    if (soonest == null || at.isBefore(soonest)) {
                        soonest = at;
                        probe = false;
                    }
                }
                case Verdict.Probe(Instant at) -> {
                    if (soonest == null || at.isBefore(soonest)) {
                        soonest = at;
                        probe = true;
                    }
                }
                case Verdict.AfterSettling() -> {
                    // a call's end tells more
                }
            }
        }
        if (free > 0) {
            return new Verdict.Granted((int) Math.min(Integer.MAX_VALUE, free));
        }
        if (soonest == null) {
            return new Verdict.AfterSettling();
        }
        return probe ? new Verdict.Probe(soonest) : new Verdict.NotBefore(soonest);
    }

    /**
     * When the {@code k}-th call from now may leave at the earliest, as {@link Quota#forecast}:
     * each credential takes its share of the calls, and none leaves later than that of the slowest.
     *
     * @param k from 1
     */
    public Instant forecast(long k, Duration latency, Instant now) {
        long[] free = new long[members.size()];
        double[] pace = new double[members.size()];
        long open = 0;
        double all = 0;
        for (int i = 0; i < free.length; i++) {
            free[i] = members.get(i).verdict(now, true) instanceof Verdict.Granted(int n) ? n : 0;
            pace[i] = pace(members.get(i).quota(), latency);
            open = Math.min(Integer.MAX_VALUE, open + free[i]);
            all += pace[i];
        }
        if (k <= open || all == 0) {
            return now;
        }
        Instant earliest = null;
        for (int i = 0; i < free.length; i++) {
            Member member = members.get(i);
            Instant from =
                    member.from() == null || member.from().isBefore(now) ? now : member.from();
            long place = free[i] + Math.max(1, (long) Math.ceil((k - open) * pace[i] / all));
            Instant at = member.quota().forecast(member.slots(), place, latency, from);
            earliest = earliest == null || at.isBefore(earliest) ? at : earliest;
        }
        return earliest == null ? now : earliest;
    }

    /** Calls a second that a quota allows for long. */
    private static double pace(Quota quota, Duration latency) {
        double slowest = Integer.MAX_VALUE;
        for (Window window : quota.windows()) {
            Duration round = window.held().plus(latency);
            slowest = Math.min(slowest, window.limit() * 1e9 / Math.max(1, round.toNanos()));
        }
        return slowest;
    }
}
