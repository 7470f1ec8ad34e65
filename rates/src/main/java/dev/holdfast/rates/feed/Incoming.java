package dev.holdfast.rates.feed;

import java.math.BigDecimal;
import java.time.LocalDate;

/** What a text frame turned out to be. */
sealed interface Incoming {

    /** The peer is alive. */
    record Heartbeat() implements Incoming {
        static final Heartbeat INSTANCE = new Heartbeat();
    }

    /**
     * A message to convert. It keeps the frame as it came and where the three values are that
     * change, so that every other byte of the answer is the sender's own.
     *
     * @param frame the whole frame
     * @param id the id's JSON literal, as it came
     * @param stake the amount, exactly
     * @param currency what it is in
     * @param day the date, in UTC
     */
    record Trade(
            String frame,
            String id,
            BigDecimal stake,
            String currency,
            LocalDate day,
            Span stakeAt,
            Span currencyAt,
            Span dateAt)
            implements Incoming {}

    /** A message that has an id, so that its error can be sent. */
    record Unusable(String id, String words) implements Incoming {}

    /** A frame without an answer: not JSON, no id, a type that is not known. */
    record Garbage(String words) implements Incoming {}

    /** Where a JSON value is in the frame, in characters; {@code to} is behind its last. */
    record Span(int from, int to) {}
}
