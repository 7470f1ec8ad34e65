package dev.holdfast.rates.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.feed.Incoming.Garbage;
import dev.holdfast.rates.feed.Incoming.Heartbeat;
import dev.holdfast.rates.feed.Incoming.Span;
import dev.holdfast.rates.feed.Incoming.Trade;
import dev.holdfast.rates.feed.Incoming.Unusable;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames in one streaming pass without building a tree: it notes where the values are that
 * change, and copies nothing else. Safe for any number of threads.
 */
final class MessageReader {
    /** Largest frame that is read, in characters. */
    static final int MAX_FRAME_CHARS = 1 << 16;

    /** Deepest nesting of a message's own fields. */
    private static final int MAX_DEPTH = 100;

    private static final String BARE_HEARTBEAT = "{\"type\":\"heartbeat\"}";

    private final JsonFactory json =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxNumberLength(MAX_FRAME_CHARS)
                                    .build())
                    .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .disable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                    .build();

    /** What the frame is. Never throws, whatever the frame. */
    Incoming read(String frame) {
        if (frame.equals(BARE_HEARTBEAT)) {
            return Heartbeat.INSTANCE;
        }
        if (frame.length() > MAX_FRAME_CHARS) {
            return new Garbage("a frame of more than " + MAX_FRAME_CHARS + " characters");
        }
        try (JsonParser parser = json.createParser(frame)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return new Garbage("not a JSON object");
            }
            Fields fields = new Fields(frame);
            fields.readMessage(parser);
            if (parser.nextToken() != null) {
                return new Garbage("more than one JSON value in a frame");
            }
            return fields.incoming();
        } catch (StreamConstraintsException tooMuch) {
            return new Garbage("JSON beyond the limits");
        } catch (IOException notJson) {
            return new Garbage("not JSON");
        }
    }

    /** The fields that matter, found in any order. */
    private static final class Fields {
        private final String frame;
        private @Nullable String type;
        private @Nullable String id;
        private boolean payloadSeen;
        private boolean idTwice;
        private @Nullable String problem;
        private @Nullable Span stakeAt;
        private @Nullable Span currencyAt;
        private @Nullable Span dateAt;
        private String stake = "";
        private String currency = "";
        private String date = "";

        Fields(String frame) {
            this.frame = frame;
        }

        void readMessage(JsonParser parser) throws IOException {
            for (String name = parser.nextFieldName();
                    name != null;
                    name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "type" -> readType(parser, token);
                    case "id" -> readId(parser, token);
                    case "payload" -> readPayload(parser, token);
                    default -> parser.skipChildren();
                }
            }
        }

        private void readType(JsonParser parser, JsonToken token) throws IOException {
            if (type != null) {
                note("the field type comes twice");
            }
            if (token == JsonToken.VALUE_STRING) {
                type = parser.getText();
            } else {
                parser.skipChildren();
            }
        }

        private void readId(JsonParser parser, JsonToken token) throws IOException {
            idTwice |= id != null;
            if (token == JsonToken.VALUE_STRING || token.isNumeric()) {
                parser.getText();
                Span at = span(parser);
                id = frame.substring(at.from(), at.to());
            } else {
                parser.skipChildren();
            }
        }

        private void readPayload(JsonParser parser, JsonToken token) throws IOException {
            if (payloadSeen) {
                note("the field payload comes twice");
            }
            payloadSeen = true;
            if (token != JsonToken.START_OBJECT) {
                note("payload is not an object");
                parser.skipChildren();
                return;
            }
            for (String name = parser.nextFieldName();
                    name != null;
                    name = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "stake" -> readStake(parser, value);
                    case "currency" -> {
                        currencyAt = text(parser, value, currencyAt, "currency");
                        currency = currencyAt == null ? "" : parser.getText();
                    }
                    case "date" -> {
                        dateAt = text(parser, value, dateAt, "date");
                        date = dateAt == null ? "" : parser.getText();
                    }
                    default -> parser.skipChildren();
                }
            }
        }

        private void readStake(JsonParser parser, JsonToken token) throws IOException {
            if (stakeAt != null) {
                note("the field stake comes twice");
            }
            if (!token.isNumeric()) {
                note("stake is not a number");
                parser.skipChildren();
                return;
            }
            stake = parser.getText();
            stakeAt = span(parser);
        }

        private @Nullable Span text(
                JsonParser parser, JsonToken token, @Nullable Span earlier, String name)
                throws IOException {
            if (earlier != null) {
                note("the field " + name + " comes twice");
            }
            if (token != JsonToken.VALUE_STRING) {
                note(name + " is not a string");
                parser.skipChildren();
                return null;
            }
            parser.getText();
            return span(parser);
        }

        /** Of the current value; its text must have been asked for, or its end is not known. */
        private static Span span(JsonParser parser) {
            return new Span(
                    (int) parser.currentTokenLocation().getCharOffset(),
                    (int) parser.currentLocation().getCharOffset());
        }

        private void note(String words) {
            problem = problem == null ? words : problem;
        }

        Incoming incoming() {
            if ("heartbeat".equals(type)) {
                return Heartbeat.INSTANCE;
            }
            if (!"message".equals(type)) {
                return new Garbage(type == null ? "no type" : "a type that is not known");
            }
            if (id == null || idTwice) {
                return new Garbage(id == null ? "no id" : "two ids");
            }
            if (problem != null) {
                return new Unusable(id, "The message is not valid: " + problem);
            }
            if (stakeAt == null || currencyAt == null || dateAt == null) {
                return new Unusable(id, "The message is not valid: " + missing() + " is missing");
            }
            Optional<BigDecimal> amount = Conversion.amount(stake);
            if (amount.isEmpty()) {
                return new Unusable(id, "The stake is out of range");
            }
            LocalDate day = WireTime.day(date);
            if (day == null) {
                return new Unusable(id, "The date is not a date of ISO 8601");
            }
            return new Trade(frame, id, amount.get(), currency, day, stakeAt, currencyAt, dateAt);
        }

        private String missing() {
            if (!payloadSeen) {
                return "payload";
            }
            return stakeAt == null ? "stake" : currencyAt == null ? "currency" : "date";
        }
    }
}
