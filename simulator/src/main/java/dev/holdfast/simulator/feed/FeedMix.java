package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.rates.ReferenceRates;
import java.time.LocalDate;
import java.util.Map;

/**
 * What the trade feed sends.
 *
 * @param seed settles all of it
 * @param perSecond messages a second
 * @param currencies how often each currency comes, in parts of their sum
 * @param days how many different days there are
 * @param until the last day
 * @param span days from the first to the last
 * @param impossibleShare share of messages dated in the future or before any rates
 * @param extraShare share of messages with fields that nobody knows
 * @param garbageShare share of frames that are no messages
 */
public record FeedMix(
        long seed,
        double perSecond,
        Map<String, Integer> currencies,
        int days,
        LocalDate until,
        int span,
        double impossibleShare,
        double extraShare,
        double garbageShare) {

    /** As captured in 2022, of 120 messages. */
    public static final Map<String, Integer> CAPTURED =
            Map.of(
                    "EUR", 20, "UAH", 20, "USD", 18, "PLN", 18, "ZWL", 14, "HRK", 9, "GBP", 9,
                    "CZK", 6, "BTC", 6);

    private static final int MOST_A_SECOND = 100_000;
    private static final int MOST_DAYS = 36_600;
    private static final int MOST_PARTS = 10_000;

    public FeedMix {
        rate(perSecond);
        Bounds.whole("days", days, 1, MOST_DAYS);
        Bounds.whole("span", span, days, MOST_DAYS);
        Bounds.share("impossible-share", impossibleShare);
        Bounds.share("extra-share", extraShare);
        Bounds.share("garbage-share", garbageShare);
        if (currencies.isEmpty()) {
            throw new IllegalArgumentException("a feed needs currencies");
        }
        currencies.forEach(
                (code, parts) -> {
                    Bounds.currency(code);
                    Bounds.whole("the parts of " + code, parts, 1, MOST_PARTS);
                });
        currencies = Map.copyOf(currencies);
    }

    /**
     * The captured currencies on eight days of the two months up to some weeks before the newest.
     */
    public static FeedMix captured(ReferenceRates history, long seed, double perSecond) {
        var until = history.newest().minusWeeks(3);
        return new FeedMix(seed, perSecond, CAPTURED, 8, until, 60, 0.02, 0.1, 0);
    }

    static void rate(double perSecond) {
        Bounds.number("rate", perSecond, 0, MOST_A_SECOND);
    }

    /** The same at another rate. */
    public FeedMix perSecond(double other) {
        return new FeedMix(
                seed,
                other,
                currencies,
                days,
                until,
                span,
                impossibleShare,
                extraShare,
                garbageShare);
    }
}
