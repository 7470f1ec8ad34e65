package dev.holdfast.simulation.tenants;

import dev.holdfast.quota.Window;
import dev.holdfast.simulation.Violation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One ledger as the API would keep it, in true time: what arrived, what was on its way, and what
 * was allowed meanwhile. While somebody changes that, either may be in force.
 */
final class Account {
    private static final long OPEN = Long.MAX_VALUE;

    private final String name;
    private final List<InForce> rules = new ArrayList<>();
    private final List<Trip> left = new ArrayList<>();
    private final List<Arrival> arrived = new ArrayList<>();
    private long memory;

    /** Closed by an answer from then on, until then; nothing leaves meanwhile. */
    private long closedFrom = OPEN;

    private long closedUntil;

    /** Until when it may be closed. */
    private long maybeClosedUntil;

    /** Since when it is surely known to be refused. */
    private long refusedFrom = OPEN;

    /** When an answer said that it is refused; it may still be. */
    private long refusedAt = OPEN;

    private long triedAt;

    /** When something else than time opened it at last. */
    private long openedAt;

    /** When something else may have. */
    private long maybeOpenedAt;

    /** When something else than a quota kept it from being called at last. */
    private long openSince;

    private record InForce(Rules rules, long from, long until) {}

    private record Arrival(Trip trip, long at) {}

    Account(String name, Rules first) {
        this.name = name;
        rules.add(new InForce(first, 0, OPEN));
        memory = first.longest().toNanos();
    }

    String name() {
        return name;
    }

    /**
     * Somebody asks for other rules: from now on these may be in force, too, until {@link
     * #changed}.
     */
    void wanted(Rules other, long now) {
        rules.add(new InForce(other, now, OPEN));
        memory = Math.max(memory, other.longest().toNanos());
    }

    /** The last that were asked for are in force, and no others. */
    void changed(long now) {
        for (int i = 0; i < rules.size() - 1; i++) {
            InForce each = rules.get(i);
            if (each.until() == OPEN) {
                rules.set(i, new InForce(each.rules(), each.from(), now));
            }
        }
        openSince = now;
    }

    private boolean isChanging() {
        return rules.stream().filter(each -> each.until() == OPEN).count() > 1;
    }

    /** The last that were asked for. */
    Rules rules() {
        return rules.getLast().rules();
    }

    /** A call leaves; answers what is wrong with that, or null. */
    @Nullable String leaves(Trip trip) {
        boolean paused = true;
        boolean says = !name.equals(trip.tenant);
        int most = 0;
        for (InForce each : inForce(trip.claimed, trip.left)) {
            paused &= each.rules().paused();
            says |= each.rules().headers().equals(trip.own);
            most = Math.max(most, each.rules().concurrency());
        }
        long underWay = left.stream().filter(Trip::isUnderWay).count() + 1;
        left.add(trip);
        if (paused) {
            return "a call left while paused";
        }
        if (!says) {
            return "a call left as somebody else, who says " + trip.own.values();
        }
        if (underWay > most) {
            return underWay + " calls at once of " + most;
        }
        if (closedFrom <= trip.claimed && trip.left < closedUntil) {
            return "a call left while closed";
        }
        if (refusedFrom <= trip.claimed) {
            long since = trip.left - triedAt;
            triedAt = trip.left;
            if (since < TenantsSimulation.APART.toNanos()) {
                return "a call left for what is refused, "
                        + since / 1_000_000
                        + " ms after another";
            }
        }
        return null;
    }

    /** A call arrives (P1); probes come on top. */
    void arrives(Trip trip, long now) {
        if (trip.probe) {
            return;
        }
        arrived.removeIf(each -> each.at() < now - memory);
        arrived.add(new Arrival(trip, now));
        String over = null;
        for (InForce each : inForce(trip.claimed, now)) {
            over = over(each.rules(), trip, now);
            if (over == null) {
                return;
            }
        }
        throw new Violation("P1", name + ": " + over + " at " + now + ": " + arrived);
    }

    private List<InForce> inForce(long from, long until) {
        return rules.stream().filter(each -> each.from() <= until && each.until() >= from).toList();
    }

    private @Nullable String over(Rules allowed, Trip last, long now) {
        for (Window window : allowed.calls().windows()) {
            long since = now - window.length().toNanos();
            long many = arrived.stream().filter(each -> each.at() >= since).count();
            if (many > window.limit()) {
                return many + " calls arrived within " + window;
            }
        }
        for (Window window : allowed.tokens().windows()) {
            if (last.reserve == 0) {
                return null; // what was taken beyond its reserve keeps only those that take some
            }
            long since = now - window.length().toNanos();
            long many =
                    arrived.stream()
                            .filter(each -> each.at() >= since)
                            .mapToLong(each -> each.trip().known(last.claimed, window.limit()))
                            .sum();
            if (many > window.limit()) {
                return many + " tokens arrived within " + window;
            }
        }
        return null;
    }

    /** Nothing of it leaves from then on until then: an answer said so. */
    void closed(long from, long until, long maybeUntil) {
        if (closedUntil < until) {
            closedFrom = closedUntil > from ? Math.min(closedFrom, from) : from;
            closedUntil = until;
        }
        maybeClosedUntil = Math.max(maybeClosedUntil, maybeUntil);
    }

    /**
     * An answer refused it; that is known from then on. If the call had left before it was opened,
     * it is still to be tried at once.
     */
    void refused(Trip trip, long now, long from) {
        if (refusedFrom == OPEN && trip.claimed > maybeOpenedAt) {
            refusedFrom = from;
            triedAt = trip.left;
        }
        refusedAt = now;
    }

    /** An answer took it: if the call left after that, it is refused no longer. */
    void taken(Trip trip, long now) {
        if (refusedAt != OPEN && trip.left >= refusedAt) {
            refusedFrom = OPEN;
            if (trip.claimed > refusedAt) {
                refusedAt = OPEN;
                openSince = now;
            }
        }
    }

    /** Something else than time has opened it: it is tried at once. */
    void opened(long now) {
        maybeOpened(now);
        openedAt = now;
    }

    /** It may be tried at once, or when it was to be. */
    void maybeOpened(long now) {
        closedFrom = OPEN;
        closedUntil = 0;
        refusedFrom = OPEN;
        maybeOpenedAt = now;
        openSince = now;
    }

    /** What was to be known from a later moment on may never have been written. */
    void crashed(long now) {
        left.removeIf(Trip::isUnderWay);
        arrived.forEach(each -> each.trip().crashed(now));
        opened(now);
    }

    /** Whether any call of it is under way. */
    boolean isUnderWay() {
        return left.stream().anyMatch(Trip::isUnderWay);
    }

    /** Refused by the last answer, and nothing but time has happened since. */
    boolean isRefused() {
        return refusedFrom != OPEN;
    }

    /** It may be refused, and is not to be tried at once. */
    private boolean isOut() {
        boolean isTried = left.stream().anyMatch(trip -> trip.heard > openedAt);
        return refusedAt != OPEN && (openedAt <= refusedAt || isTried);
    }

    /** Whether a call that costs so much may surely leave, and could since {@code since}. */
    boolean isFree(long cost, long since, long now) {
        Rules in = rules();
        boolean shut = isOut() || in.paused() || isChanging();
        if (shut || Math.max(maybeClosedUntil, openSince) > since) {
            return false;
        }
        // What is allowed may get a longer window than any so far.
        left.removeIf(trip -> trip.heard < since - 2 * Play.LONGEST.toNanos());
        if (left.stream().filter(trip -> trip.heard > since).count() >= in.concurrency()) {
            return false;
        }
        for (Window window : in.calls().windows()) {
            long from = since - window.held().toNanos();
            if (left.stream().filter(trip -> trip.heard > from).count() >= window.limit()) {
                return false;
            }
        }
        for (Window window : in.tokens().windows()) {
            long from = since - window.held().toNanos();
            long taken =
                    left.stream()
                            .filter(trip -> trip.heard > from)
                            .mapToLong(trip -> trip.atMost(since, window.limit()))
                            .sum();
            if (cost > 0 && taken + Math.min(cost, window.limit()) > window.limit()) {
                return false;
            }
        }
        return true;
    }
}
