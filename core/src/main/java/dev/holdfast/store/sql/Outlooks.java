package dev.holdfast.store.sql;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Window;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * When the slots after the next one free, of ledgers whose windows hold many calls: a few steps at
 * doubling distances, read once a second at most. They are for what callers are told, not for what
 * is decided; between them a slot counts as freed with the later one.
 */
public final class Outlooks {
    /** How old an outlook may be, in microseconds. */
    private static final long FRESH = TimeUnit.SECONDS.toMicros(1);

    /** Ledgers whose outlook is kept; with more of them all are read anew. */
    private static final int MAX_KEPT = 1_024;

    private final Map<Integer, Outlook> kept = new ConcurrentHashMap<>();

    private record Outlook(long readAt, Steps steps) {}

    /** Slots with what lies ahead of them; those of a small quota are all known already. */
    public Occupancy with(
            Session sql, int ledger, Quota quota, Occupancy slots, long now, long heldOver)
            throws SQLException {
        if (quota.largestLimit() <= Ledger.FEW) {
            return slots;
        }
        Outlook last = kept.get(ledger);
        if (last == null || now - last.readAt() > FRESH || now < last.readAt()) {
            if (kept.size() >= MAX_KEPT) {
                kept.clear();
            }
            last = new Outlook(now, read(sql, ledger, quota, slots, now, heldOver));
            kept.put(ledger, last);
        }
        return slots.with(last.steps());
    }

    private static Steps read(
            Session sql, int ledger, Quota quota, Occupancy slots, long now, long heldOver)
            throws SQLException {
        List<Steps.Step> steps = new ArrayList<>();
        for (Window window : quota.windows()) {
            Instant begins = Micros.instant(now).minus(window.held());
            long counting = slots.settled().after(begins);
            if (counting > 0) {
                steps.addAll(
                        sql.list(
                                LedgerSql.USED_AHEAD,
                                row ->
                                        new Steps.Step(
                                                Micros.instant(row.getLong(1) + heldOver),
                                                row.getLong(2)),
                                Quota.oldest(slots.settled(), counting),
                                slots.settled().total(),
                                ledger,
                                ledger));
            }
        }
        return Steps.of(steps.stream());
    }
}
