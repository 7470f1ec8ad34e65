package dev.holdfast.gateway.console;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the console shows of a converter. Cheap, and safe for any thread. */
public interface ConverterView {

    /** How it is now. */
    Snapshot snapshot();

    /** The newest messages, oldest first. */
    List<Message> messages();

    /** The rates of the newest day at hand, or null before there are any. */
    @Nullable RateTable rates();

    /**
     * Where it stands.
     *
     * @param connected whether there is a connection to the feed
     * @param target the currency that stakes are converted to
     * @param inHand messages that are not answered yet
     * @param sinceHeartbeat how long ago the feed's last heartbeat came, or null before the first
     * @param rateAge the age of the newest day's rates, or null before there are any
     * @param counts what it counts, by name
     * @param errors messages answered with an error, by reason
     */
    record Snapshot(
            boolean connected,
            String target,
            long inHand,
            @Nullable Duration sinceHeartbeat,
            @Nullable Duration rateAge,
            Map<String, Long> counts,
            Map<String, Long> errors) {}

    /**
     * A message and how it was answered.
     *
     * @param number grows with every message that is kept
     * @param at wall time of the answer
     * @param id the sender's, as JSON
     * @param amount what was to be converted, or null where that could not be read
     * @param result in the target currency, or null if there is none
     * @param error why there is no result, or null
     */
    record Message(
            long number,
            Instant at,
            String id,
            @Nullable BigDecimal amount,
            @Nullable String currency,
            @Nullable LocalDate day,
            @Nullable BigDecimal result,
            @Nullable String error) {}

    /**
     * The rates of a day.
     *
     * @param validOn the day they are of
     * @param perUnit what one unit of a currency is in the target currency
     */
    record RateTable(LocalDate day, LocalDate validOn, Map<String, BigDecimal> perUnit) {}
}
