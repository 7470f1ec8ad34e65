package dev.holdfast.store.credential;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Pool;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One credential in a claim: what is free of each of its ledgers, and what the claim took. */
final class Seat {
    final ClaimAsk.Credential credential;
    final int ledger;
    final long unauthorizedSince;
    private final long closedUntil;
    private long unauthorizedUntil;
    private Occupancy calls;
    private int taken;
    private final SortedMap<String, Unit> units = new TreeMap<>();

    private static final class Unit {
        final int ledger;
        final Quota quota;
        Occupancy slots;
        long taken;

        Unit(int ledger, Quota quota, Occupancy slots) {
            this.ledger = ledger;
            this.quota = quota;
            this.slots = slots;
        }
    }

    Seat(ClaimAsk.Credential credential, CredentialRows.Row row, Occupancy calls) {
        this.credential = credential;
        ledger = row.ledger();
        closedUntil = row.closedUntil();
        unauthorizedSince = row.unauthorizedSince();
        unauthorizedUntil = row.unauthorizedUntil();
        this.calls = calls;
    }

    /** Reads what is taken of the other units that it counts. */
    void readUnits(Session sql, boolean make, long now, long heldOver) throws SQLException {
        for (Map.Entry<String, Quota> each : credential.units().entrySet()) {
            String unit = each.getKey();
            int known = (int) sql.number(LedgerSql.UNIT_LEDGER, ledger, unit);
            if (known == 0 && make) {
                sql.update(LedgerSql.ADD_UNIT_LEDGER, unitIdentity(unit), ledger, unit);
                known = (int) sql.number(LedgerSql.UNIT_LEDGER, ledger, unit);
            }
            Quota quota = each.getValue();
            Occupancy slots =
                    known == 0 ? Occupancy.EMPTY : Ledger.unit(sql, known, quota, now, heldOver, 1);
            units.put(unit, new Unit(known, quota, slots));
        }
    }

    private String unitIdentity(String unit) {
        return "unit " + unit + " of " + ledger;
    }

    /** Before when it is left alone, whatever for, in steady microseconds. */
    long shutUntil() {
        return Math.max(closedUntil, unauthorizedUntil);
    }

    /** It was tried with a call, and is not again until then. */
    void triedUntil(long next) {
        unauthorizedUntil = next;
    }

    boolean isOut() {
        return unauthorizedSince > 0;
    }

    boolean isUsed() {
        return taken > 0;
    }

    /** Nothing is taken yet. */
    void begin() {
        taken = 0;
        units.values().forEach(unit -> unit.taken = 0);
    }

    /** As a member of the pool. */
    Pool.Member member() {
        return new Pool.Member(
                credential.quota(),
                calls,
                shutUntil() == 0 ? null : Micros.instant(shutUntil()),
                isOut());
    }

    /**
     * Calls that may leave with it beside those that were taken.
     *
     * @param others whether a call of the upstream is in flight
     * @param probing whether none of them has a free slot, so that what is missing of one is to be
     *     found out about
     */
    int free(Instant now, boolean others, boolean probing) {
        return switch (member().verdict(now, others)) {
            case Verdict.Granted(int slots) -> slots - taken;
            case Verdict.Probe(Instant at) when probing && !at.isAfter(now) -> 1 - taken;
            case Verdict.Probe _, Verdict.NotBefore _, Verdict.AfterSettling _ -> 0;
        };
    }

    /** Whether there is room for what a job costs of other units than calls. */
    boolean fits(@Nullable Costs costs, Instant now) {
        for (Map.Entry<String, Long> each : amounts(costs).entrySet()) {
            Unit unit = unit(each.getKey());
            int held = (int) Math.min(Integer.MAX_VALUE, unit.slots.inFlight() + unit.taken);
            Occupancy slots = new Occupancy(held, unit.slots.settled(), unit.slots.missing());
            if (!(unit.quota.verdict(slots, now, each.getValue()) instanceof Verdict.Granted)) {
                return false;
            }
        }
        return true;
    }

    void take(@Nullable Costs costs) {
        taken++;
        amounts(costs).forEach((name, amount) -> unit(name).taken += amount);
    }

    /**
     * When it has room for a job; null if nothing but a call's end can tell.
     *
     * @param others whether a call of the upstream is in flight
     */
    @Nullable Instant nextAt(
            Session sql, @Nullable Costs costs, long now, long heldOver, boolean others)
            throws SQLException {
        Instant moment = Micros.instant(now);
        Instant last = at(member().verdict(moment, others), moment, others);
        for (Map.Entry<String, Long> each : amounts(costs).entrySet()) {
            Unit unit = unit(each.getKey());
            long cost = each.getValue();
            Occupancy slots = Ledger.unit(sql, unit.ledger, unit.quota, now, heldOver, cost);
            Instant at = at(unit.quota.verdict(slots, moment, cost), moment, others);
            if (at == null || last == null) {
                return null;
            }
            last = at.isAfter(last) ? at : last;
        }
        return last;
    }

    private static @Nullable Instant at(Verdict verdict, Instant now, boolean others) {
        return switch (verdict) {
            case Verdict.Granted _ -> now;
            case Verdict.NotBefore(Instant at) -> at;
            case Verdict.Probe(Instant at) -> others ? null : at;
            case Verdict.AfterSettling() -> null;
        };
    }

    /** What to write down for a job that leaves with it, by ledger. */
    Map<Integer, Long> charges(@Nullable Costs costs) {
        Map<Integer, Long> charges = new TreeMap<>();
        amounts(costs).forEach((name, amount) -> charges.put(unit(name).ledger, amount));
        return charges;
    }

    /** Reads what is taken after the claim. */
    void after(Session sql, long now, long heldOver) throws SQLException {
        calls = Ledger.after(sql, ledger, credential.quota(), now, heldOver, calls, taken);
        taken = 0;
        for (Unit unit : units.values()) {
            if (unit.taken > 0) {
                unit.slots = Ledger.unit(sql, unit.ledger, unit.quota, now, heldOver, 1);
                unit.taken = 0;
            }
        }
    }

    Occupancy calls() {
        return calls;
    }

    Map<String, Occupancy> units() {
        Map<String, Occupancy> all = new HashMap<>();
        units.forEach((name, unit) -> all.put(name, unit.slots));
        return all;
    }

    /** What is dearer than a limit takes all there is. */
    private SortedMap<String, Long> amounts(@Nullable Costs costs) {
        SortedMap<String, Long> amounts = new TreeMap<>();
        if (costs != null && !units.isEmpty()) {
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
