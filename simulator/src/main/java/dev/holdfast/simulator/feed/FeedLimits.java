package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.rates.RateTable;
import java.time.Duration;

/**
 * What the trade feed's verdict asks of a client.
 *
 * @param answerWithin from message to answer
 * @param heartbeatGap the longest time between two of its heartbeats on one connection
 * @param refusedShare the share of convertible messages that may be answered with an error
 * @param knownP99 the p99 of answers whose day was known; zero = not asked
 * @param base the currency that the client's source of rates starts from
 * @param digits significant digits of that source's cross rates
 * @param target what is converted to
 * @param scale decimals of an answer's stake, truncated
 */
public record FeedLimits(
        Duration answerWithin,
        Duration heartbeatGap,
        double refusedShare,
        Duration knownP99,
        String base,
        int digits,
        String target,
        int scale) {

    /** A converter's: 2.2 s, 1.2 s, half of them, rates in US dollars, five decimals of a euro. */
    public static final FeedLimits USUAL =
            new FeedLimits(
                    Duration.ofMillis(2200),
                    Duration.ofMillis(1200),
                    0.5,
                    Duration.ZERO,
                    "USD",
                    RateTable.USUAL_DIGITS,
                    "EUR",
                    5);

    private static final int MOST_DECIMALS = 20;

    public FeedLimits {
        Bounds.time("answer-within", answerWithin, Bounds.LONGEST_ANSWER);
        Bounds.time("heartbeat-gap", heartbeatGap, Bounds.LONGEST_ANSWER);
        Bounds.time("known-p99", knownP99, Bounds.LONGEST_ANSWER);
        Bounds.share("refused-share", refusedShare);
        Bounds.currency(base);
        Bounds.currency(target);
        Bounds.digits(digits);
        Bounds.whole("scale", scale, 0, MOST_DECIMALS);
    }
}
