package dev.holdfast.store.sql;

import dev.holdfast.quota.Missing;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Window;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a ledger what a quota asks of it: a few steps of its staircase for each window, each by
 * one look into an index, however many calls the windows hold.
 *
 * <p>A ledger's time is steady time less what it has held slots over, see {@link
 * dev.holdfast.store.transition.Transaction#heldOver}.
 */
public final class Ledger {
    /** Of a quota that has no larger limit, all steps that count are read at once. */
    static final int FEW = 16;

    private final Session sql;
    private final int ledger;
    private final Quota quota;
    private final long now;
    private final long heldOver;

    /** What the next call takes. */
    private final long cost;

    private final List<Steps.Step> known = new ArrayList<>();

    private Ledger(Session sql, int ledger, Quota quota, long now, long heldOver, long cost) {
        this.sql = sql;
        this.ledger = ledger;
        this.quota = quota;
        this.now = now;
        this.heldOver = heldOver;
        this.cost = cost;
    }

    /** What an upstream counts as whose callers do not say what it calls. */
    public static String identity(String upstream) {
        return "name " + upstream;
    }

    /**
     * The slots of whatever calls to it count in this ledger: exact at {@code now}, and for as many
     * more calls in flight as {@link #after} is told of.
     *
     * @param now steady microseconds
     * @param heldOver microseconds
     */
    public static Occupancy read(Session sql, int ledger, Quota quota, long now, long heldOver)
            throws SQLException {
        return new Ledger(sql, ledger, quota, now, heldOver, 1)
                .read(LedgerSql.Held.CALLS, ledger, ledger);
    }

    /**
     * What is taken of another unit than calls: exact at {@code now}, and for a call that takes
     * {@code cost}.
     *
     * @param ledger the unit's
     * @param cost at least 1
     */
    public static Occupancy unit(
            Session sql, int ledger, Quota quota, long now, long heldOver, long cost)
            throws SQLException {
        return new Ledger(sql, ledger, quota, now, heldOver, cost)
                .read(LedgerSql.Held.RESERVED, ledger);
    }

    /** What one look into a ledger finds. */
    private static final class Look {
        int inFlight;
        Missing missing = Missing.NONE;

        /** The last steps, the newest first. */
        final List<Steps.Step> last = new ArrayList<>();

        /** What was used by the beginning of each window, where that was asked for. */
        final List<Steps.Step> begins = new ArrayList<>();
    }

    /** In one statement: a claim looks into many ledgers, and a server is a way there and back. */
    private Occupancy read(LedgerSql.Held held, Integer... ledgers) throws SQLException {
        if (quota.windows().isEmpty()) {
            return new Occupancy(
                    inFlight(sql.number(held.alone(), (Object[]) ledgers)), Steps.NONE);
        }
        List<Object> values = new ArrayList<>(List.of(ledgers));
        values.addAll(List.of(ledger, ledger, most()));
        for (Window window : begins()) {
            values.add(ledger);
            values.add(Micros.of(horizon(window)) - heldOver);
        }
        Look look = new Look();
        sql.list(held.withSteps(begins().size()), row -> found(row, 1, look), values.toArray());
        return occupancy(look);
    }

    private Occupancy occupancy(Look look) throws SQLException {
        Steps settled = settled(look, most());
        return withNext(
                new Occupancy(
                        look.inFlight, settled, missing(look.missing, look.inFlight, settled)));
    }

    /** The last steps that are read. */
    private int most() {
        return quota.largestLimit() <= FEW ? FEW + 1 : 1;
    }

    /** The windows of which it is read what was used when they begin. */
    private List<Window> begins() {
        return most() == 1 ? quota.windows() : List.of();
    }

    private Look found(ResultSet row, int column, Look look) throws SQLException {
        switch (row.getInt(column)) {
            case LedgerSql.HELD -> look.inFlight = inFlight(row.getLong(column + 1));
            case LedgerSql.MISSED ->
                    look.missing =
                            new Missing(
                                    row.getLong(column + 1),
                                    row.getLong(column + 2),
                                    Micros.instant(row.getLong(column + 3) + heldOver),
                                    Steps.NONE);
            case LedgerSql.LAST -> look.last.add(step(row, column + 1));
            default -> look.begins.add(step(row, column + 1));
        }
        return look;
    }

    /**
     * What is taken of several ledgers with one quota, for databases to which each statement is a
     * way there and back.
     */
    public static final class Several {
        private final Session sql;
        private final Quota quota;
        private final long now;
        private final long heldOver;
        private final LedgerSql.Held held;
        private final Map<Integer, Look> looks = new HashMap<>();

        private Several(Session sql, LedgerSql.Held held, Quota quota, long now, long heldOver) {
            this.held = held;
            this.sql = sql;
            this.quota = quota;
            this.now = now;
            this.heldOver = heldOver;
        }

        /**
         * As {@link #read} has it.
         *
         * @param quota with a window
         */
        public static Several ofCalls(Session sql, Quota quota, long now, long heldOver) {
            return new Several(sql, LedgerSql.Held.CALLS, quota, now, heldOver);
        }

        /**
         * As {@link #unit} has it for a call.
         *
         * @param quota with a window
         */
        public static Several ofUnits(Session sql, Quota quota, long now, long heldOver) {
            return new Several(sql, LedgerSql.Held.RESERVED, quota, now, heldOver);
        }

        private Ledger of(int ledger) {
            return new Ledger(sql, ledger, quota, now, heldOver, 1);
        }

        /** The statement; its first parameter is an array of the ledgers. */
        public String text() {
            return held.ofSeveral(of(0).begins().size());
        }

        /** Its other parameters. */
        public List<Object> values() {
            Ledger any = of(0);
            List<Object> values = new ArrayList<>(List.of(any.most()));
            any.begins().forEach(each -> values.add(Micros.of(any.horizon(each)) - heldOver));
            return values;
        }

        /** A row of it. */
        public void found(ResultSet row) throws SQLException {
            int ledger = row.getInt(1);
            of(ledger).found(row, 2, looks.computeIfAbsent(ledger, _ -> new Look()));
        }

        /** Of each what was found, and what has to be looked at because of that. */
        public Map<Integer, Occupancy> all(List<Integer> ledgers) throws SQLException {
            Map<Integer, Occupancy> all = new HashMap<>();
            for (int ledger : ledgers) {
                Look look = looks.getOrDefault(ledger, new Look());
                all.put(ledger, of(ledger).occupancy(look));
            }
            return all;
        }
    }

    private static int inFlight(long amount) {
        return (int) Math.min(Integer.MAX_VALUE, amount);
    }

    /** The same after so many more calls left. */
    public static Occupancy after(
            Session sql,
            int ledger,
            Quota quota,
            long now,
            long heldOver,
            Occupancy before,
            int calls)
            throws SQLException {
        if (calls == 0) {
            return before;
        }
        Occupancy slots =
                new Occupancy(before.inFlight() + calls, before.settled(), before.missing());
        return new Ledger(sql, ledger, quota, now, heldOver, 1).withNext(slots);
    }

    /** The last step, and of each window the one by which it begins. */
    private Steps settled(Look look, int most) throws SQLException {
        look.last.sort(Comparator.comparingLong(Steps.Step::total).reversed());
        known.addAll(look.last);
        known.addAll(look.begins);
        if (most > 1 && look.last.size() == most) {
            Instant oldest = look.last.getLast().at();
            for (Window window : quota.windows()) {
                if (oldest.isAfter(horizon(window))) {
                    keep(usedBy(horizon(window)));
                }
            }
        }
        return Steps.of(known.stream());
    }

    /** With the steps by which the next slots free, of windows that are full. */
    private Occupancy withNext(Occupancy slots) throws SQLException {
        known.clear();
        for (Window window : quota.windows()) {
            long open = window.limit() - slots.held() - (cost - 1);
            Instant begins = horizon(window);
            if (open > 0 && slots.settled().after(begins) >= open) {
                long oldest = Quota.oldest(slots.settled(), open);
                if (slots.settled().known().stream().noneMatch(step -> step.total() == oldest)) {
                    keep(sql.first(LedgerSql.USED_REACHES, this::step, ledger, oldest));
                }
            }
        }
        return known.isEmpty() ? slots : slots.with(Steps.of(known.stream()));
    }

    private Instant horizon(Window window) {
        return Micros.instant(now).minus(window.held());
    }

    private void keep(Steps.@Nullable Step step) {
        if (step != null) {
            known.add(step);
        }
    }

    private Steps.@Nullable Step usedBy(Instant at) throws SQLException {
        return sql.first(LedgerSql.USED_BY, this::step, ledger, Micros.of(at) - heldOver);
    }

    private Steps.Step step(ResultSet row) throws SQLException {
        return step(row, 1);
    }

    private Steps.Step step(ResultSet row, int column) throws SQLException {
        return new Steps.Step(
                Micros.instant(row.getLong(column) + heldOver), row.getLong(column + 1));
    }

    private Missing missing(Missing missing, int inFlight, Steps settled) throws SQLException {
        return missing.calls() > 0 && quota.needsProbe(inFlight, missing.calls(), cost)
                ? new Missing(
                        missing.calls(),
                        missing.probes(),
                        missing.last(),
                        ifArrived(missing, settled))
                : missing;
    }

    /**
     * What would have been used by now if each missing call had arrived when it was given up: where
     * each window begins, and where it would free the next slot.
     */
    private Steps ifArrived(Missing missing, Steps settled) throws SQLException {
        long all = settled.total() + missing.calls();
        Instant last = missing.last();
        if (!settled.known().isEmpty() && settled.known().getFirst().at().isAfter(last)) {
            last = settled.known().getFirst().at();
        }
        List<Steps.Step> steps = new ArrayList<>(List.of(new Steps.Step(last, all)));
        for (Window window : quota.windows()) {
            Instant begins = horizon(window);
            long before = arrivedBy(Micros.of(begins));
            steps.add(new Steps.Step(begins, before));
            if (all - before > window.limit() - cost) {
                long wanted = all - window.limit() + cost;
                long at = arrived(wanted, Micros.of(begins), Micros.of(last));
                steps.add(new Steps.Step(Micros.instant(at), arrivedBy(at)));
            }
        }
        return Steps.of(steps.stream());
    }

    /** When so many would have arrived: after {@code from}, and by {@code until}. */
    private long arrived(long wanted, long from, long until) throws SQLException {
        long before = from;
        long by = until;
        while (by - before > 1) {
            long middle = before + (by - before) / 2;
            if (arrivedBy(middle) < wanted) {
                before = middle;
            } else {
                by = middle;
            }
        }
        return by;
    }

    private long arrivedBy(long micros) throws SQLException {
        Steps.Step used = usedBy(Micros.instant(micros));
        return (used == null ? 0 : used.total())
                + sql.number(LedgerSql.MISSING_BY, micros - heldOver, ledger);
    }
}
