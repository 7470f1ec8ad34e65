package dev.holdfast.store.transition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Share;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
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

    /** What counts each unit: one of the upstream's, one of the partition's. */
    private final SortedMap<String, List<Unit>> units = new TreeMap<>();

    /**
     * What frees of these is kept for a job whose turn it was; with those of the upstream. What
     * credentials count is there by the unit's name.
     */
    private final Set<Object> kept = new HashSet<>();

    private final List<Candidate> blocked = new ArrayList<>();

    /** Of a partition's: the upstream's. */
    private final @Nullable UnitRoom outer;

    /** Counts a partition's calls; 0 where nothing does. */
    private final int calls;

    /** Whether the turn of some job came that may not go now. */
    private boolean holds;

    /** Whether some job found no room in what is the upstream's, or that is kept for others. */
    private boolean shared;

    private static final class Unit {
        final int ledger;
        final Quota quota;

        /** What is ours of it, where others use it, too. */
        final @Nullable Share share;

        Occupancy slots = Occupancy.EMPTY;

        /** By jobs that are chosen. */
        long taken;

        /** Of that, in choices before. */
        long before;

        Unit(int ledger, Quota quota, @Nullable Share share) {
            this.ledger = ledger;
            this.quota = quota;
            this.share = share;
        }

        /** What the ledger says of it, exact for a call that takes so much. */
        Occupancy read(Transaction tx, long now, long amount) throws SQLException {
            Quota windows = share == null ? quota : share.now();
            return Ledger.unit(tx.sql, ledger, windows, now, tx.heldOver(), amount);
        }

        Verdict verdict(long amount, Instant now) {
            int inFlight = (int) Math.min(Integer.MAX_VALUE, slots.inFlight() + taken);
            return verdict(new Occupancy(inFlight, slots.settled(), slots.missing()), now, amount);
        }

        Verdict verdict(Occupancy ledger, Instant now, long amount) {
            return share == null
                    ? quota.verdict(ledger, now, amount)
                    : share.verdict(ledger, now, amount);
        }
    }

    private UnitRoom(Transaction tx, Seats seats, long now, @Nullable UnitRoom outer, int calls) {
        this.tx = tx;
        this.seats = seats;
        this.now = now;
        this.outer = outer;
        this.calls = calls;
    }

    /** Reads what is free; without units that is nothing to read. The ledger is locked. */
    public static UnitRoom read(Transaction tx, Queue queue, ClaimAsk ask, long now)
            throws SQLException {
        Seats seats = Seats.read(tx.sql, queue.id, ask.credentials(), now, tx.heldOver());
        UnitRoom read = new UnitRoom(tx, seats, now, null, 0);
        read.add(queue.ledger(), ask.units(), ask.shares());
        return read;
    }

    /**
     * The room in one of its partitions, within this one's.
     *
     * @param ledger of that partition; 0 if nothing is counted in it. Its calls count there though
     *     only units be limited: what is missing of these is found with a call
     * @param own what is allowed in it of each unit
     * @param with what there is with each credential that its calls may leave with
     */
    public UnitRoom inside(int ledger, Map<String, Quota> own, Seats with) throws SQLException {
        UnitRoom inside = new UnitRoom(tx, with, now, this, ledger);
        units.forEach((name, counting) -> inside.units.put(name, new ArrayList<>(counting)));
        inside.add(ledger, own, Map.of());
        return inside;
    }

    private void add(int main, Map<String, Quota> quotas, Map<String, Share> shares)
            throws SQLException {
        for (Map.Entry<String, Quota> each : quotas.entrySet()) {
            int ledger = ledger(tx.sql, main, each.getKey());
            Unit unit = new Unit(ledger, each.getValue(), shares.get(each.getKey()));
            unit.slots = unit.read(tx, now, 1);
            units.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(unit);
        }
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

    /** Whether calls are all that is counted here, whatever they leave with. */
    public boolean isOfCallsOnly() {
        return units.isEmpty() && seats.isNone();
    }

    /** Nothing is chosen yet. */
    void begin() {
        kept.clear();
        if (outer != null) {
            kept.addAll(outer.kept);
        }
        blocked.clear();
        seats.begin();
        shared = false;
        holds = false;
        all().forEach(unit -> unit.taken = unit.before);
    }

    /** What is chosen stays so, whatever is chosen after it for another partition. */
    void chosen() {
        all().forEach(unit -> unit.before = unit.taken);
        if (outer != null && shared && blocks()) {
            kept.stream().filter(outer::counts).forEach(outer.kept::add);
        }
    }

    private Stream<Unit> all() {
        return units.values().stream().flatMap(List::stream);
    }

    /** Whether that is counted for all, not in a partition. */
    private boolean counts(Object what) {
        return what instanceof String || all().anyMatch(each -> each == what);
    }

    /** Takes what a job costs, if there is room for all of it; asked in the order of turns. */
    Fit take(Candidate job) {
        Map<Unit, Long> amounts = amounts(job.costs());
        Set<Object> takes = takes(job.costs(), amounts);
        if (!Collections.disjoint(kept, takes)) {
            holds = true;
            shared |= outer != null && !Collections.disjoint(outer.kept, takes);
            return Fit.KEPT;
        }
        Instant moment = Micros.instant(now);
        for (Map.Entry<Unit, Long> each : amounts.entrySet()) {
            Unit unit = each.getKey();
            if (!(unit.verdict(each.getValue(), moment) instanceof Verdict.Granted)) {
                return keep(job, takes, outer == null || outer.counts(unit));
            }
        }
        if (!seats.give(job.job(), job.costs())) {
            return keep(job, takes, true);
        }
        amounts.forEach((unit, amount) -> unit.taken += amount);
        return Fit.FITS;
    }

    /** What frees of these is kept for a job. */
    private Fit keep(Candidate job, Set<Object> takes, boolean ofAll) {
        kept.addAll(takes);
        blocked.add(job);
        holds = true;
        shared |= ofAll;
        return Fit.BLOCKED;
    }

    /** Whether a job's units are all free to be taken, by their names as they are kept. */
    boolean isOpen(String names) {
        return names.isEmpty()
                || Stream.of(names.split(" ", -1))
                        .noneMatch(
                                name ->
                                        kept.contains(name)
                                                || units.getOrDefault(name, List.of()).stream()
                                                        .anyMatch(kept::contains));
    }

    /** Whether the turn of some job came that found no room. */
    public boolean blocks() {
        return !blocked.isEmpty();
    }

    /**
     * Whether the turn of some job came that may not go now: it found no room, or what it takes is
     * kept for one before it, perhaps of another partition. Those behind it may.
     */
    boolean holds() {
        return holds;
    }

    /** Whether some job waits for what is the upstream's, perhaps behind other partitions' jobs. */
    public boolean isShared() {
        return shared;
    }

    /**
     * A job that may leave as a probe: nothing else can, and calls that are missing hold what it
     * takes. Null if there is none.
     *
     * @param inFlight calls under way to the upstream
     * @param own those of them that are the partition's
     */
    @Nullable Candidate probe(int inFlight, int own) throws SQLException {
        if (blocked.isEmpty() || (shared ? inFlight : own) > 0) {
            return null;
        }
        Candidate first = blocked.getFirst();
        Instant moment = Micros.instant(now);
        for (Map.Entry<Unit, Long> each : amounts(first.costs()).entrySet()) {
            Verdict verdict = exactly(each.getKey(), each.getValue());
            boolean may =
                    verdict instanceof Verdict.Granted
                            || (verdict instanceof Verdict.Probe(Instant at)
                                    && !at.isAfter(moment));
            if (!may) {
                return null;
            }
        }
        if (!seats.giveProbe(first.job(), first.costs())) {
            return null;
        }
        amounts(first.costs()).forEach((unit, amount) -> unit.taken += amount);
        return first;
    }

    /** What the ledger says now for just this amount: until when it would not fit. */
    private Verdict exactly(Unit unit, long amount) throws SQLException {
        return unit.verdict(unit.read(tx, now, amount), Micros.instant(now), amount);
    }

    /**
     * When the first of the jobs fits that found no room; null if nothing but a call's end can
     * tell. Of a partition whose own units had none that is when these have: until then what all
     * share does not matter, and whose call's end would tell of that may be another partition's.
     *
     * @param inFlight whether any call is: its answer will tell of what is missing
     */
    public @Nullable Instant nextAt(boolean inFlight) throws SQLException {
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
        UnitRoom others = shared ? null : outer;
        for (Map.Entry<Unit, Long> each : amounts(job.costs()).entrySet()) {
            if (others != null && others.counts(each.getKey())) {
                continue;
            }
            Instant at =
                    switch (exactly(each.getKey(), each.getValue())) {
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
        if (others != null) {
            return last;
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
        amounts(costs).forEach((unit, amount) -> charges.put(unit.ledger, amount));
        if (calls != 0) {
            charges.put(calls, 1L);
        }
        return charges;
    }

    /** What is taken of each after the claim; of an upstream's. */
    public Map<String, Occupancy> after() throws SQLException {
        Map<String, Occupancy> all = new HashMap<>();
        for (Map.Entry<String, List<Unit>> each : units.entrySet()) {
            for (Unit unit : each.getValue()) {
                if (unit.taken > 0) {
                    unit.slots = unit.read(tx, now, 1);
                    unit.taken = 0;
                }
                all.put(each.getKey(), unit.slots);
            }
        }
        return all;
    }

    /** Whatever a job takes, of the upstream, in its partition or with a credential. */
    private Set<Object> takes(@Nullable Costs costs, Map<Unit, Long> amounts) {
        Set<Object> takes = new HashSet<>(amounts.keySet());
        if (costs != null) {
            costs.amounts().keySet().stream().filter(seats::counts).forEach(takes::add);
        }
        return takes;
    }

    /** Of the units that are counted; what is dearer than a limit takes all there is. */
    private Map<Unit, Long> amounts(@Nullable Costs costs) {
        Map<Unit, Long> amounts = new LinkedHashMap<>();
        if (costs != null) {
            costs.amounts()
                    .forEach(
                            (name, amount) ->
                                    units.getOrDefault(name, List.of())
                                            .forEach(
                                                    unit ->
                                                            amounts.put(
                                                                    unit,
                                                                    unit.quota.atMost(amount))));
        }
        return amounts;
    }
}
