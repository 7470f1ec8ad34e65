package dev.holdfast.simulation.tenants;

import dev.holdfast.request.Outcome;
import dev.holdfast.simulation.tenants.Play.Plan;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The checks of what waits: what is due leaves when it is free, whoever else waits for what (P5); a
 * tenant's lone job is passed by no more than a turn of each other, a dear one by no more than that
 * which takes of the same (P6); nothing is called twice (P4); one after the other where that is
 * said.
 */
final class Waiting {
    /** First calls of one other tenant that may go before a lone job: its turn, one under way. */
    private static final int PASSED = 2;

    private final Play play;
    private final BiConsumer<String, String> violation;

    /** What is due, and since when. */
    private final Map<String, Due> due = new TreeMap<>();

    private final Map<String, Lone> lone = new HashMap<>();
    private final Map<String, Long> keptAt = new HashMap<>();
    private final Map<String, Long> askedAt = new HashMap<>();
    private final Map<String, Plan> unfinished = new HashMap<>();
    private final Set<String> underWay = new HashSet<>();
    private final Set<String> known = new HashSet<>();
    private final Set<String> called = new HashSet<>();
    private int checked;

    private record Due(Plan plan, long since) {}

    /** How often each other tenant was called first since a lone job was queued. */
    private static final class Lone {
        final Plan plan;
        final Map<String, Integer> passed = new HashMap<>();

        /** Who had too many, and since when; what leaves with it at once was chosen with it. */
        @Nullable String over;

        long overAt;

        Lone(Plan plan) {
            this.plan = plan;
        }
    }

    Waiting(Play play, BiConsumer<String, String> violation) {
        this.play = play;
        this.violation = violation;
    }

    /** Lone jobs whose turn came in time. */
    int checked() {
        return checked;
    }

    void asked(Plan plan, long now) {
        askedAt.putIfAbsent(plan.message(), now);
    }

    /** It is on disk. */
    void kept(Plan plan, Map<String, Account> accounts, long now) {
        if (known.contains(plan.message()) || keptAt.containsKey(plan.message())) {
            return;
        }
        keptAt.put(plan.message(), now);
        // Whoever was called past what keeps its place has had turns already.
        boolean owesNone =
                !called.contains(plan.tenant())
                        || unfinished.values().stream().allMatch(each -> each.reserve() == 0);
        boolean alone =
                owesNone
                        && unfinished.values().stream()
                                .noneMatch(each -> each.tenant().equals(plan.tenant()));
        unfinished.put(plan.message(), plan);
        lone.computeIfPresent(
                plan.tenant(), (_, waits) -> mayGoBefore(plan, waits.plan) ? null : waits);
        if (underWay.contains(plan.message())) {
            return;
        }
        due.put(plan.message(), new Due(plan, now));
        if (alone && play.calm() && isOpen(plan, accounts)) {
            lone.put(plan.tenant(), new Lone(plan));
        }
    }

    /**
     * Another client's first job may have the same turn though it came later; where it finds no
     * room it keeps its place, with all that frees of what both take.
     */
    private static boolean mayGoBefore(Plan later, Plan waits) {
        return later.client() != waits.client() && later.reserve() > 0 && waits.reserve() > 0;
    }

    /** Nothing but what all share can keep it from its turn. */
    private static boolean isOpen(Plan plan, Map<String, Account> accounts) {
        Account its = accounts.get(plan.tenant());
        return its != null && its.isFree(plan.reserve(), 0, 0);
    }

    /** What a tenant is allowed may be another thing from now on. */
    void changed(String tenant) {
        lone.remove(tenant);
    }

    void left(Trip trip, Map<String, Account> accounts) {
        due.remove(trip.message);
        called.add(trip.tenant);
        if (!underWay.add(trip.message)) {
            violation.accept("P4", "two calls at once for " + trip.message);
        }
        if (known.contains(trip.message)) {
            violation.accept("P4", "a call for a known result: " + trip.message);
        }
        if (play.fifo()) {
            checkOrder(trip);
        }
        lone.values().removeIf(each -> !isOpen(each.plan, accounts));
        lone.values().forEach(each -> checkTurn(trip, each, accounts.get(each.plan.tenant())));
        if (lone.remove(trip.tenant) != null) {
            checked++;
        }
    }

    private void checkTurn(Trip trip, Lone waits, @Nullable Account its) {
        if (waits.over != null && waits.overAt < trip.left) {
            violation.accept("P6", waits.over + " went before " + waits.plan);
        }
        // Whoever calls as itself goes on while all keys that the other one needs are out.
        boolean sameWay = isKeyed(its) || !Play.isAlone(trip.own);
        boolean passes =
                trip.first
                        && sameWay
                        && !trip.tenant.equals(waits.plan.tenant())
                        && (trip.reserve > 0 || waits.plan.reserve() == 0);
        int passed = passes ? waits.passed.merge(trip.tenant, 1, Integer::sum) : 0;
        if (passed > PASSED && waits.over == null) {
            waits.over = passed + " first calls of " + trip.tenant;
            waits.overAt = trip.left;
        }
    }

    /** Whoever was kept before this was asked for has its end. */
    private void checkOrder(Trip trip) {
        long asked = askedAt.getOrDefault(trip.message, 0L);
        for (Plan other : unfinished.values()) {
            if (other.tenant().equals(trip.tenant)
                    && !other.message().equals(trip.message)
                    && keptAt.get(other.message()) < asked) {
                violation.accept("P6", trip.message + " went before " + other + " had its end");
            }
        }
    }

    void heard(Trip trip, Outcome outcome, long now) {
        underWay.remove(trip.message);
        Plan plan = unfinished.get(trip.message);
        if (outcome instanceof Outcome.Done) {
            unfinished.remove(trip.message);
            if (play.calm()) {
                known.add(trip.message);
            }
            return;
        }
        lone.remove(trip.tenant);
        if (plan != null) {
            due.put(trip.message, new Due(plan, now + Life.LONGEST_BACKOFF.toNanos()));
        }
    }

    /** What is due now nobody knows. */
    void crashed() {
        due.clear();
        lone.clear();
        underWay.clear();
    }

    /** What waits though it is free; null if nothing does. */
    @Nullable String idle(Map<String, Account> accounts, String all, long now) {
        long since = now - TenantsSimulation.SLACK.toNanos();
        for (Due each : due.values()) {
            if (each.since() < since
                    && isNext(each.plan())
                    && isKeyed(accounts.get(each.plan().tenant()))
                    && isFree(accounts.get(all), each.plan(), since, now)
                    && isFree(accounts.get(each.plan().tenant()), each.plan(), since, now)) {
                return "it is free and waits: " + each;
            }
        }
        return null;
    }

    /** What is free of several keys the store's contract says; one of its own waits for none. */
    private boolean isKeyed(@Nullable Account tenant) {
        return play.keys().isEmpty() || (tenant != null && Play.isAlone(tenant.rules().headers()));
    }

    private static boolean isFree(@Nullable Account account, Plan plan, long since, long now) {
        return account != null && account.isFree(plan.reserve(), since, now);
    }

    /**
     * Whether nobody else may have the tokens that it costs, and nobody is before it in its line.
     */
    private boolean isNext(Plan plan) {
        return unfinished.values().stream()
                .filter(other -> !other.message().equals(plan.message()))
                .noneMatch(
                        other ->
                                (play.fifo() && other.tenant().equals(plan.tenant()))
                                        || (plan.reserve() > 0 && other.reserve() > 0));
    }
}
