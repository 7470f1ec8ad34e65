package dev.holdfast.store.credential;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Pool;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.UpstreamState;
import dev.holdfast.store.queue.Probes;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The room that a claim has with an upstream's credentials, and which of them each call leaves
 * with: one that is to be tried again with a single call first, else the one with the most free
 * slots. Of an upstream that has no pool there is nothing to read and nothing to give.
 */
public final class Seats {
    private final Session sql;
    private final List<Seat> seats;
    private final long now;
    private final long heldOver;
    private final Map<Long, Seat> given = new HashMap<>();
    private boolean others;
    private boolean probing;

    private Seats(Session sql, List<Seat> seats, long now, long heldOver) {
        this.sql = sql;
        this.seats = seats;
        this.now = now;
        this.heldOver = heldOver;
    }

    /**
     * For a claim: the upstream's row and its ledgers are locked, and each credential has a row.
     */
    public static Seats read(
            Session sql, int upstream, List<ClaimAsk.Credential> asked, long now, long heldOver)
            throws SQLException {
        return read(sql, upstream, asked, true, now, heldOver);
    }

    /** Of calls that leave with none of them. */
    public Seats none() {
        return new Seats(sql, List.of(), now, heldOver);
    }

    /** Whether calls leave with none of several. */
    public boolean isNone() {
        return seats.isEmpty();
    }

    private static Seats read(
            Session sql,
            int upstream,
            List<ClaimAsk.Credential> asked,
            boolean make,
            long now,
            long heldOver)
            throws SQLException {
        if (asked.isEmpty()) {
            return new Seats(sql, List.of(), now, heldOver);
        }
        Map<String, CredentialRows.Row> rows = CredentialRows.rows(sql, upstream);
        List<Seat> seats = new ArrayList<>();
        for (ClaimAsk.Credential each : asked) {
            CredentialRows.Row row = rows.getOrDefault(each.identity(), CredentialRows.Row.NEW);
            Occupancy calls =
                    row.ledger() == 0
                            ? Occupancy.EMPTY
                            : Ledger.read(sql, row.ledger(), each.quota(), now, heldOver);
            Seat seat = new Seat(each, row, calls);
            if (row.ledger() != 0) {
                seat.readUnits(sql, make, now, heldOver);
            }
            seats.add(seat);
        }
        return new Seats(sql, seats, now, heldOver);
    }

    /** The credentials of an upstream as they are, for who only looks. */
    public static List<UpstreamState.Credential> look(
            Session sql, int upstream, List<ClaimAsk.Credential> asked, long now, long heldOver)
            throws SQLException {
        return read(sql, upstream, asked, false, now, heldOver).states();
    }

    /**
     * What the quota of the upstream itself allows, as far as its credentials allow it, too.
     *
     * @param inFlight whether a call of the upstream is: its answer tells of whatever is missing
     */
    public Verdict limit(Verdict upstream, boolean inFlight) {
        if (seats.isEmpty()) {
            return upstream;
        }
        others = inFlight;
        List<Pool.Member> members =
                seats.stream()
                        .filter(seat -> !seat.credential.draining())
                        .map(Seat::member)
                        .toList();
        Verdict pool = new Pool(members).verdict(Micros.instant(now), inFlight);
        probing = pool instanceof Verdict.Probe;
        return upstream.and(pool);
    }

    /** Nothing is given yet. */
    public void begin() {
        given.clear();
        seats.forEach(Seat::begin);
    }

    /** Gives a job that is chosen a credential to leave with, if one has room for all it costs. */
    public boolean give(long job, @Nullable Costs costs) {
        if (seats.isEmpty()) {
            return true;
        }
        Instant moment = Micros.instant(now);
        Seat best = null;
        int most = 0;
        for (Seat seat : seats) {
            int free = seat.credential.draining() ? 0 : seat.free(moment, others, probing);
            if (free > 0 && seat.isOut()) {
                free = Integer.MAX_VALUE; // it is only now and then that one is tried
            }
            if (free > most && seat.fits(costs, moment)) {
                best = seat;
                most = free;
            }
        }
        if (best == null) {
            return false;
        }
        best.take(costs);
        given.put(job, best);
        return true;
    }

    /**
     * Gives a job one to find out with about calls that are missing, of which nothing else can
     * tell.
     */
    public boolean giveProbe(long job, @Nullable Costs costs) throws SQLException {
        Instant moment = Micros.instant(now);
        for (Seat seat : seats) {
            Instant at =
                    seat.credential.draining()
                            ? null
                            : seat.nextAt(sql, costs, now, heldOver, false);
            if (at != null && !at.isAfter(moment)) {
                seat.take(costs);
                given.put(job, seat);
                return true;
            }
        }
        return seats.isEmpty();
    }

    /** Whether one of them counts this other unit than calls. */
    public boolean counts(String unit) {
        return seats.stream().anyMatch(seat -> seat.credential.units().containsKey(unit));
    }

    /**
     * When one of them has room for a job; null if nothing but a call's end can tell.
     *
     * @param inFlight whether a call of the upstream is
     * @param otherwise what holds where there are no credentials
     */
    public @Nullable Instant nextAt(@Nullable Costs costs, boolean inFlight, Instant otherwise)
            throws SQLException {
        Instant first = seats.isEmpty() ? otherwise : null;
        for (Seat seat : seats) {
            if (!seat.credential.draining()) {
                Instant at = seat.nextAt(sql, costs, now, heldOver, inFlight);
                first = at == null || (first != null && first.isBefore(at)) ? first : at;
            }
        }
        return first;
    }

    /** The ledger of the credential that a job leaves with; null if that is the upstream's own. */
    public @Nullable Integer ledger(long job) {
        Seat seat = given.get(job);
        return seat == null ? null : Integer.valueOf(seat.ledger);
    }

    /** The credential that a job leaves with, by its name; or null. */
    public @Nullable String name(long job) {
        Seat seat = given.get(job);
        return seat == null ? null : seat.credential.name();
    }

    /** What a job takes of its credential's units, by ledger. */
    public Map<Integer, Long> charges(long job, @Nullable Costs costs) {
        Seat seat = given.get(job);
        return seat == null ? new TreeMap<>() : seat.charges(costs);
    }

    /** Calls left: those that are out are tried again later, and what is taken is read anew. */
    public void after(int upstream) throws SQLException {
        for (Seat seat : seats) {
            if (seat.isUsed() && seat.isOut()) {
                long next = Probes.next(seat.unauthorizedSince, now);
                sql.update(CredentialSql.PROBED, next, upstream, seat.ledger);
                seat.triedUntil(next);
            }
            if (seat.isUsed()) {
                seat.after(sql, now, heldOver);
            }
        }
    }

    /** As callers are told. */
    public List<UpstreamState.Credential> states() {
        return seats.stream()
                .map(
                        seat ->
                                new UpstreamState.Credential(
                                        seat.credential.name(),
                                        seat.calls(),
                                        seat.units(),
                                        seat.credential.draining(),
                                        seat.shutUntil() > now
                                                ? Micros.instant(seat.shutUntil())
                                                : null,
                                        seat.unauthorizedSince == 0
                                                ? null
                                                : Micros.instant(seat.unauthorizedSince)))
                .toList();
    }
}
