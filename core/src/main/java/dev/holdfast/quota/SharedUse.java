package dev.holdfast.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of others who use an upstream's quota, too: from what its answers say is left, and
 * from a 429 that nothing explains. It takes slots away and never adds any. A value: each answer
 * gives the next.
 *
 * @param reserve share of each window that is left to others, 0 to less than 1
 * @param speaks whether answers say what is left; null as long as there was none
 * @param told what was said last, one for a window at most
 * @param doubted until when no reset is believed: others were quicker to use what it freed. Null as
 *     long as they were not
 * @param cautious after a 429 that nothing explained, or null
 */
public record SharedUse(
        double reserve,
        @Nullable Boolean speaks,
        List<Told> told,
        @Nullable Instant doubted,
        @Nullable Cautious cautious) {
    /** Of an upstream that nobody else uses. */
    public static final SharedUse NONE = new SharedUse(0, false, List.of(), null, null);

    /** Part of a window, in which what was told is believed by several calls at once. */
    private static final int PART = 20;

    /**
     * Of a window no more than so many calls are ours.
     *
     * @param ours calls at most, 0 or more
     * @param at when it was told
     * @param reset when what others used is forgotten, as it was told
     */
    public record Told(Window window, int ours, Instant at, Instant reset) {}

    /**
     * From a 429 on so many calls in the shortest window, and one more with each window since.
     *
     * @param calls at least 1
     */
    public record Cautious(int calls, Instant since) {}

    /**
     * What may be used now.
     *
     * @param quota no window has more than the one that is configured
     * @param notBefore no call leaves before then; null if one may
     * @param single whether one call at a time leaves: nobody knows what is left, its answer tells
     * @param until when this is to be looked at again; null if nothing but an answer changes it
     */
    public record Room(
            Quota quota, @Nullable Instant notBefore, boolean single, @Nullable Instant until) {
        /** The same calls, one at a time also where nobody knows of another unit. */
        public Room beside(Room unit) {
            Instant first = unit.until == null ? until : earlier(until, unit.until);
            return new Room(quota, notBefore, single || unit.single, first);
        }
    }

    public SharedUse {
        told = List.copyOf(told);
        if (!(reserve >= 0 && reserve < 1)) {
            throw new IllegalArgumentException("a reserve is 0 to less than 1, not " + reserve);
        }
    }

    /** Nothing is known yet of an upstream that others use. */
    public static SharedUse with(double reserve) {
        return new SharedUse(reserve, null, List.of(), null, null);
    }

    /**
     * An answer has come.
     *
     * @param allowances what it said; empty if nothing
     * @param ledger our own calls
     * @param others what calls of ours in flight take beside the one that was answered: it is not
     *     known whether they had arrived when the answer was made, so that is not taken for ours.
     *     Below zero if the one that was answered took more than the ledger has of all
     * @param late how long before it settled a call may have arrived: likewise, one that may have
     *     left the upstream's window is not taken for ours
     */
    public SharedUse answered(
            Quota quota,
            List<Allowance> allowances,
            Occupancy ledger,
            long others,
            Duration late,
            Instant now) {
        if (allowances.isEmpty()) {
            return new SharedUse(reserve, Boolean.TRUE.equals(speaks), told, doubted, cautious);
        }
        List<Told> next = new ArrayList<>();
        for (Allowance allowance : allowances) {
            Window window = window(quota, allowance);
            if (window != null) {
                Duration sure = window.held().minus(window.length()).plus(late);
                long used = taken(window, ledger, now.plus(sure)) - others;
                long ours = Math.max(0, used) + allowance.remaining();
                Duration reset = allowance.reset() == null ? window.length() : allowance.reset();
                next.removeIf(other -> other.window().equals(window) && other.ours() > ours);
                if (next.stream().noneMatch(other -> other.window().equals(window))) {
                    int most = (int) Math.min(window.limit(), ours);
                    next.add(new Told(window, most, now, now.plus(shorter(reset, window.held()))));
                }
            }
        }
        for (Told before : told) {
            if (next.stream().noneMatch(one -> one.window().equals(before.window()))) {
                next.add(before);
            }
        }
        return new SharedUse(reserve, true, next, doubted, cautious);
    }

    /**
     * An answer of 429 within what was allowed.
     *
     * @param explained whether it, or one just before, said that nothing is left
     */
    public SharedUse refused(Quota quota, Occupancy ledger, boolean explained, Instant now) {
        Window shortest = shortest(quota);
        if (explained && shortest != null) {
            return new SharedUse(reserve, speaks, told, now.plus(shortest.held()), cautious);
        }
        if (shortest == null) {
            return this;
        }
        int used = Math.min(taken(shortest, ledger, now), most(shortest, now));
        return new SharedUse(
                reserve, speaks, told, doubted, new Cautious(Math.max(1, used / 2), now));
    }

    /** What may be used at {@code now}. */
    public Room room(Quota quota, Instant now) {
        List<Window> windows = new ArrayList<>();
        Instant notBefore = null;
        Instant until = null;
        boolean fresh = true;
        for (Window window : quota.windows()) {
            int most = most(window, now);
            for (Told one : told) {
                if (one.window().equals(window) && holds(one, now)) {
                    boolean young = !one.at().plus(window.length().dividedBy(PART)).isBefore(now);
                    int ours = one.ours() - reserved(window);
                    // What frees one by one others may take as well; not half of all.
                    ours = young || believed(now) ? ours : ours / 2;
                    most = Math.min(most, ours);
                    until = earlier(until, end(one, now));
                    fresh &= young;
                    if (ours <= 0) {
                        notBefore = later(notBefore, end(one, now));
                    }
                }
            }
            windows.add(new Window(Math.max(1, most), window.length()));
        }
        boolean known = (until != null && fresh) || Boolean.FALSE.equals(speaks);
        boolean single = !known && !quota.windows().isEmpty();
        return new Room(new Quota(windows), notBefore, single, until);
    }

    /** What may be ours at {@code now}, whatever others use. */
    public Quota most(Quota quota, Instant now) {
        return new Quota(
                quota.windows().stream()
                        .map(window -> new Window(most(window, now), window.length()))
                        .toList());
    }

    /** Calls of others in a window, as far as they are known of; 0 if nothing is. */
    public int strangers(Window window, Instant now) {
        return told.stream()
                .filter(one -> one.window().equals(window) && holds(one, now))
                .mapToInt(one -> window.limit() - one.ours())
                .findFirst()
                .orElse(0);
    }

    private boolean holds(Told one, Instant now) {
        return end(one, now).isAfter(now);
    }

    /**
     * While resets are doubted, when each call that others had made by then has left the window.
     */
    private Instant end(Told one, Instant now) {
        return believed(now) ? one.reset() : one.at().plus(one.window().held());
    }

    private boolean believed(Instant now) {
        return doubted == null || !doubted.isAfter(now);
    }

    private int most(Window window, Instant now) {
        int most = Math.max(1, window.limit() - reserved(window));
        Cautious careful = cautious;
        if (careful == null) {
            return most;
        }
        Duration since = Duration.between(careful.since(), now);
        long more = since.isNegative() ? 0 : since.dividedBy(window.held());
        return (int) Math.min(most, careful.calls() + more);
    }

    private int reserved(Window window) {
        return (int) Math.ceil(window.limit() * reserve);
    }

    /**
     * The window that is meant: of the length that is said, or with the limit, or the shortest that
     * is not over before the reset; or null.
     */
    private static @Nullable Window window(Quota quota, Allowance allowance) {
        Duration length = allowance.window();
        if (length != null) {
            return quota.windows().stream()
                    .filter(window -> window.length().equals(length))
                    .findFirst()
                    .orElse(null);
        }
        List<Window> byLength =
                quota.windows().stream().sorted(Comparator.comparing(Window::length)).toList();
        Integer limit = allowance.limit();
        Duration reset = allowance.reset();
        return byLength.stream()
                .filter(window -> limit != null && window.limit() == limit)
                .findFirst()
                .or(
                        () ->
                                byLength.stream()
                                        .filter(
                                                window ->
                                                        reset == null
                                                                || window.held().compareTo(reset)
                                                                        >= 0)
                                        .findFirst())
                .orElse(null);
    }

    private static @Nullable Window shortest(Quota quota) {
        return quota.windows().stream().min(Comparator.comparing(Window::length)).orElse(null);
    }

    private static int taken(Window window, Occupancy ledger, Instant now) {
        Verdict verdict = new Quota(List.of(window)).verdict(ledger, now);
        return verdict instanceof Verdict.Granted(int free)
                ? window.limit() - free
                : window.limit();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static @Nullable Instant earlier(@Nullable Instant one, Instant other) {
        return one == null || other.isBefore(one) ? other : one;
    }

    private static Instant later(@Nullable Instant one, Instant other) {
        return one == null || other.isAfter(one) ? other : one;
    }
}
