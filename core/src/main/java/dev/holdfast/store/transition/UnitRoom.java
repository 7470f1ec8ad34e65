package dev.holdfast.store.transition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.credential.Seats;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.FairTurns.Fit;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The room that a claim has in those of an upstream's quotas that count something else than calls.
 * A job whose turn it is and that does not fit keeps its place: what frees of its units is kept for
 * it, and jobs behind it go on where they take nothing of these (P6).
 */
public final class UnitRoom {
    private final Transaction tx;
    private final long now;
    private final Seats seats;
    private final SortedMap<String, Unit> units = new TreeMap<>();
    private final Set<String> kept = new HashSet<>();
    private final List<Candidate> blocked = new ArrayList<>();

    private static final class Unit {
        final int ledger;
        final Quota quota;
        Occupancy slots;

        /** By jobs that are chosen. */
        long taken;

        Unit(int ledger, Quota quota, Occupancy slots) {
            this.ledger = ledger;
            this.quota = quota;
            this.slots = slots;
        }

        Verdict verdict(long amount, Instant now) {
            int inFlight = (int) Math.min(Integer.MAX_VALUE, slots.inFlight() + taken);
            return quota.verdict(
                    new Occupancy(inFlight, slots.settled(), slots.missing()), now, amount);
        }
    }

    private UnitRoom(Transaction tx, Seats seats, long now) {
        this.tx = tx;
        this.seats = seats;
        this.now = now;
    }

    /** Reads what is free; without units that is nothing to read. The ledger is locked. */
    public static UnitRoom read(Transaction tx, Queue queue, ClaimAsk ask, long now)
            throws SQLException {
        Seats seats = Seats.read(tx.sql, queue.id, ask.credentials(), now, tx.heldOver());
        UnitRoom read = new UnitRoom(tx, seats, now);
        for (Map.Entry<String, Quota> each : ask.units().entrySet()) {
            int ledger = ledger(tx.sql, queue.ledger(), each.getKey());
            Quota quota = each.getValue();
            Occupancy slots = Ledger.unit(tx.sql, ledger, quota, now, tx.heldOver(), 1);
            read.units.put(each.getKey(), new Unit(ledger, quota, slots));
        }
        return read;
    }

    /** What is taken of each unit, for who only looks. */
    public static Map<String, Occupancy> look(
            Session sql, int main, Map<String, Quota> units, long now, long heldOver)
            throws SQLException {
        Map<String, Occupancy> all = new HashMap<>();
        for (Map.Entry<String, Quota> each : units.entrySet()) {
            int ledger = (int) sql.number(LedgerSql.UNIT_LEDGER, main, each.getKey());
            all.put(
                    each.getKey(),
                    ledger == 0
                            ? Occupancy.EMPTY
                            : Ledger.unit(sql, ledger, each.getValue(), now, heldOver, 1));
        }
        return all;
    }

    private static int ledger(Session sql, int main, String unit) throws SQLException {
        int known = (int) sql.number(LedgerSql.UNIT_LEDGER, main, unit);
        if (known != 0) {
            return known;
        }
        sql.update(LedgerSql.ADD_UNIT_LEDGER, "unit " + unit + " of " + main, main, unit);
        return (int) sql.number(LedgerSql.UNIT_LEDGER, main, unit);
    }

    /** What there is with each of the upstream's credentials. */
    public Seats seats() {
        return seats;
    }

    /** Nothing is chosen yet. */
    void begin() {
        kept.clear();
        blocked.clear();
        seats.begin();
        units.values().forEach(unit -> unit.taken = 0);
    }

    /** Takes what a job costs, if there is room for all of it; asked in the order of turns. */
    Fit take(Candidate job) {
        SortedMap<String, Long> amounts = amounts(job.costs());
        Set<String> names = names(job.costs());
        if (!Collections.disjoint(kept, names)) {
            return Fit.KEPT;
        }
        Instant moment = Micros.instant(now);
        for (Map.Entry<String, Long> each : amounts.entrySet()) {
            Verdict verdict = unit(each.getKey()).verdict(each.getValue(), moment);
            if (!(verdict instanceof Verdict.Granted)) {
                return keep(job, names);
            }
        }
        if (!seats.give(job.job(), job.costs())) {
            return keep(job, names);
        }
        amounts.forEach((name, amount) -> unit(name).taken += amount);
        return Fit.FITS;
    }

    /** What frees of these is kept for a job. */
    private Fit keep(Candidate job, Set<String> names) {
        kept.addAll(names);
        blocked.add(job);
        return Fit.BLOCKED;
    }

    /** Whether a job's units are all free to be taken, by their names as they are kept. */
    boolean isOpen(String names) {
        return names.isEmpty() || Collections.disjoint(kept, Set.of(names.split(" ", -1)));
    }

    /** Whether the turn of some job came that found no room. */
    boolean blocks() {
        return !blocked.isEmpty();
    }

    /**
     * A job that may leave as a probe: nothing else can, and calls that are missing hold what it
     * takes. Null if there is none.
     */
    @Nullable Candidate probe() throws SQLException {
        if (blocked.isEmpty()) {
            return null;
        }
        Candidate first = blocked.getFirst();
        Instant moment = Micros.instant(now);
        for (Map.Entry<String, Long> each : amounts(first.costs()).entrySet()) {
            Verdict verdict = exactly(unit(each.getKey()), each.getValue());
            boolean may =
                    verdict instanceof Verdict.Granted
                            || (verdict instanceof Verdict.Probe(Instant at)
                                    && !at.isAfter(moment));
            if (!may) {
                return null;
            }
        }
        return seats.giveProbe(first.job(), first.costs()) ? first : null;
    }

    /** What the ledger says now for just this amount: until when it would not fit. */
    private Verdict exactly(Unit unit, long amount) throws SQLException {
        Occupancy slots = Ledger.unit(tx.sql, unit.ledger, unit.quota, now, tx.heldOver(), amount);
        return unit.quota.verdict(slots, Micros.instant(now), amount);
    }

    /**
     * When the first of the jobs fits that found no room; null if nothing but a call's end can
     * tell.
     *
     * @param inFlight whether any call is: its answer will tell of what is missing
     */
    @Nullable Instant nextAt(boolean inFlight) throws SQLException {
        Instant first = null;
        for (Candidate job : blocked) {
            Instant at = nextAt(job, inFlight);
            first = at == null || (first != null && first.isBefore(at)) ? first : at;
        }
        return first;
    }

    private @Nullable Instant nextAt(Candidate job, boolean inFlight) throws SQLException {
        Instant moment = Micros.instant(now);
        Instant last = moment;
        for (Map.Entry<String, Long> each : amounts(job.costs()).entrySet()) {
            Instant at =
                    switch (exactly(unit(each.getKey()), each.getValue())) {
                        case Verdict.Granted _ -> moment;
                        case Verdict.NotBefore(Instant frees) -> frees;
                        case Verdict.Probe(Instant probe) -> inFlight ? null : probe;
                        case Verdict.AfterSettling() -> null;
                    };
            if (at == null) {
                return null;
            }
            last = at.isAfter(last) ? at : last;
        }
        Instant with = seats.nextAt(job.costs(), inFlight, moment);
        if (with == null) {
            return null;
        }
        return with.isBefore(last) ? last : with;
    }

    /**
     * What to write down for a job that was chosen.
     *
     * @return by ledger
     */
    public Map<Integer, Long> charges(long job, @Nullable Costs costs) {
        Map<Integer, Long> charges = seats.charges(job, costs);
        amounts(costs).forEach((name, amount) -> charges.put(unit(name).ledger, amount));
        return charges;
    }

    /** What is taken of each after the claim. */
    public Map<String, Occupancy> after() throws SQLException {
        Map<String, Occupancy> all = new HashMap<>();
        for (Map.Entry<String, Unit> each : units.entrySet()) {
            Unit unit = each.getValue();
            if (unit.taken > 0) {
                unit.slots = Ledger.unit(tx.sql, unit.ledger, unit.quota, now, tx.heldOver(), 1);
                unit.taken = 0;
            }
            all.put(each.getKey(), unit.slots);
        }
        return all;
    }

    /** Whatever a job takes, of the upstream or with a credential. */
    private Set<String> names(@Nullable Costs costs) {
        if (costs == null) {
            return Set.of();
        }
        Set<String> names = new HashSet<>(costs.amounts().keySet());
        names.removeIf(name -> !units.containsKey(name) && !seats.counts(name));
        return names;
    }

    /** Of the units that are counted; what is dearer than a limit takes all there is. */
    private SortedMap<String, Long> amounts(@Nullable Costs costs) {
        SortedMap<String, Long> amounts = new TreeMap<>();
        if (costs != null) {
            costs.amounts()
                    .forEach(
                            (name, amount) -> {
                                Unit unit = units.get(name);
                                if (unit != null) {
                                    amounts.put(name, unit.quota.atMost(amount));
                                }
                            });
        }
        return amounts;
    }

    private Unit unit(String name) {
        Unit unit = units.get(name);
        if (unit == null) {
            throw new IllegalStateException(name + " is not counted");
        }
        return unit;
    }
}
