package dev.holdfast.rates.feed;

import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.feed.Incoming.Trade;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The newest messages and their answers, for people to look at: at most so many a second, so that a
 * fast feed does not wait for them. Safe for any thread.
 */
public final class RecentMessages {
    /** Messages kept. */
    public static final int MAX_KEPT = 100;

    /** Messages kept of one second; the others are only counted. */
    public static final int MAX_A_SECOND = 25;

    /** Longest id and error that are kept, in characters. */
    static final int MAX_TEXT_CHARS = 200;

    private static final long SECOND_NANOS = 1_000_000_000L;

    private final InstantSource wall;
    private final LongSupplier nanos;
    private final AtomicInteger left = new AtomicInteger(MAX_A_SECOND);
    private volatile long secondEnds;

    // The following only under this object's lock.
    private final Deque<Kept> kept = new ArrayDeque<>(MAX_KEPT);
    private long number;

    /**
     * A message and its answer.
     *
     * @param number grows with every message that is kept
     * @param at wall time of the answer
     * @param id as it came
     * @param stake null where it could not be read, and so are currency and day
     * @param result null if there is none, and {@code error} says why
     */
    public record Kept(
            long number,
            Instant at,
            String id,
            @Nullable BigDecimal stake,
            @Nullable String currency,
            @Nullable LocalDate day,
            @Nullable BigDecimal result,
            @Nullable String error) {}

    /**
     * None yet.
     *
     * @param nanos time that only goes forward, in nanoseconds
     */
    public RecentMessages(InstantSource wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
        secondEnds = nanos.getAsLong() + SECOND_NANOS;
    }

    void answered(Trade trade, Converted converted) {
        if (isWanted()) {
            BigDecimal result = converted instanceof Converted.Amount a ? a.value() : null;
            String error =
                    converted instanceof Converted.Impossible none ? none.error().words() : null;
            keep(trade.id(), trade.stake(), trade.currency(), trade.day(), result, error);
        }
    }

    void unusable(String id, String error) {
        if (isWanted()) {
            keep(id, null, null, null, null, error);
        }
    }

    /** The newest, oldest first. */
    public synchronized List<Kept> newest() {
        return List.copyOf(kept);
    }

    private boolean isWanted() {
        long now = nanos.getAsLong();
        if (now - secondEnds >= 0) {
            secondEnds = now + SECOND_NANOS;
            left.set(MAX_A_SECOND);
        }
        return left.get() > 0 && left.getAndDecrement() > 0;
    }

    private synchronized void keep(
            String id,
            @Nullable BigDecimal stake,
            @Nullable String currency,
            @Nullable LocalDate day,
            @Nullable BigDecimal result,
            @Nullable String error) {
        if (kept.size() >= MAX_KEPT) {
            kept.removeFirst();
        }
        kept.addLast(
                new Kept(
                        ++number,
                        wall.instant(),
                        capped(id),
                        stake,
                        currency,
                        day,
                        result,
                        error == null ? null : capped(error)));
    }

    private static String capped(String text) {
        return text.length() <= MAX_TEXT_CHARS ? text : text.substring(0, MAX_TEXT_CHARS) + "…";
    }
}
