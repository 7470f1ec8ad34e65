package dev.holdfast.rates.feed;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.holdfast.rates.feed.Incoming.Span;
import dev.holdfast.rates.feed.Incoming.Trade;

/** Writes answers by putting new values in the places of the old; all else stays as it came. */
final class MessageWriter {
    static final String HEARTBEAT = "{\"type\":\"heartbeat\"}";

    private MessageWriter() {}

    /**
     * The message again, with the converted stake.
     *
     * @param stake a JSON number
     * @param currency three letters or so, nothing to escape
     * @param date an ISO 8601 instant, nothing to escape
     */
    static String answer(Trade trade, String stake, String currency, String date) {
        String frame = trade.frame();
        StringBuilder answer =
                new StringBuilder(
                        frame.length() + stake.length() + currency.length() + date.length());
        int done = 0;
        for (int place = 0; place < 3; place++) {
            Span at = next(trade, done);
            answer.append(frame, done, at.from());
            if (at.equals(trade.stakeAt())) {
                answer.append(stake);
            } else {
                answer.append('"').append(at.equals(trade.dateAt()) ? date : currency).append('"');
            }
            done = at.to();
        }
        return answer.append(frame, done, frame.length()).toString();
    }

    /** The first of the three places at or behind {@code from}; keys may come in any order. */
    private static Span next(Trade trade, int from) {
        Span first = null;
        for (int i = 0; i < 3; i++) {
            Span at = i == 0 ? trade.stakeAt() : i == 1 ? trade.currencyAt() : trade.dateAt();
            if (at.from() >= from && (first == null || at.from() < first.from())) {
                first = at;
            }
        }
        if (first == null) {
            throw new IllegalStateException("a message has its three places");
        }
        return first;
    }

    /**
     * An error for the message that has this id.
     *
     * @param id a JSON literal
     * @param words any text
     */
    static String error(String id, String words) {
        StringBuilder answer = new StringBuilder(id.length() + words.length() + 80);
        answer.append("{\"type\":\"error\",\"id\":").append(id);
        answer.append(",\"message\":\"Unable to convert stake. Error: ");
        JsonStringEncoder.getInstance().quoteAsString(words, answer);
        return answer.append("\"}").toString();
    }
}
