package dev.holdfast.rates.feed;

import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.feed.Incoming.Garbage;
import dev.holdfast.rates.feed.Incoming.Heartbeat;
import dev.holdfast.rates.feed.Incoming.Span;
import dev.holdfast.rates.feed.Incoming.Trade;
import dev.holdfast.rates.feed.Incoming.Unusable;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a frame in one pass without building a tree: it notes where the values are that change, and
 * copies nothing else. Safe for any number of threads.
 */
final class MessageReader {
    /** Largest frame that is read, in characters. */
    static final int MAX_FRAME_CHARS = 1 << 16;

    private MessageReader() {}

    /** What the frame is. Never throws, whatever the frame. */
    static Incoming read(String frame) {
        if (frame.equals(MessageWriter.HEARTBEAT)) {
            return Heartbeat.INSTANCE;
        }
        if (frame.length() > MAX_FRAME_CHARS) {
            return new Garbage("a frame of more than " + MAX_FRAME_CHARS + " characters");
        }
        char[] text = frame.toCharArray();
        int start = JsonText.space(text, 0);
        if (!JsonText.is(text, start, '{')) {
            return new Garbage("not a JSON object");
        }
        Fields fields = new Fields(frame, text);
        int end = fields.members(start + 1, true);
        if (end < 0) {
            return new Garbage("not JSON");
        }
        if (JsonText.space(text, end) < text.length) {
            return new Garbage("more than one JSON value in a frame");
        }
        return fields.incoming();
    }

    /** The fields that matter, found in any order. */
    private static final class Fields {
        private final String frame;
        private final char[] text;
        private @Nullable String type;
        private @Nullable String id;
        private boolean typeSeen;
        private boolean idSeen;
        private boolean idTwice;
        private boolean payloadSeen;
        private @Nullable String problem;
        private @Nullable Span stakeAt;
        private @Nullable Span currencyAt;
        private @Nullable Span dateAt;

        Fields(String frame, char[] text) {
            this.frame = frame;
            this.text = text;
        }

        /** Reads the members of an object up to behind its end. */
        int members(int at, boolean ofMessage) {
            int next = JsonText.space(text, at);
            if (JsonText.is(text, next, '}')) {
                return next + 1;
            }
            while (next >= 0) {
                int nameEnd = JsonText.string(text, next);
                int value = JsonText.valueOf(text, nameEnd);
                if (value < 0) {
                    return JsonText.WRONG;
                }
                String name = name(next, nameEnd);
                int end = ofMessage ? ofMessage(name, value) : ofPayload(name, value);
                next = end < 0 ? JsonText.WRONG : JsonText.space(text, end);
                if (JsonText.is(text, next, '}')) {
                    return next + 1;
                }
                next =
                        JsonText.is(text, next, ',')
                                ? JsonText.space(text, next + 1)
                                : JsonText.WRONG;
            }
            return JsonText.WRONG;
        }

        /** The name if it is one that matters, else anything; not copied where it is plain. */
        private String name(int from, int to) {
            String likely =
                    switch (to - from - 2) {
                        case 2 -> "id";
                        case 4 -> text[from + 1] == 't' ? "type" : "date";
                        case 5 -> "stake";
                        case 7 -> "payload";
                        case 8 -> "currency";
                        default -> "";
                    };
            if (!likely.isEmpty() && frame.startsWith(likely, from + 1)) {
                return likely;
            }
            boolean plain = frame.indexOf('\\', from, to) < 0;
            return plain ? "" : JsonText.unquoted(frame, from, to);
        }

        private int ofMessage(String name, int at) {
            if (name.equals("payload") && JsonText.is(text, at, '{')) {
                payloadComes();
                return members(at + 1, false);
            }
            int end = JsonText.value(text, at, JsonText.MAX_DEPTH);
            if (end < 0) {
                return end;
            }
            switch (name) {
                case "type" -> readType(at, end);
                case "id" -> readId(at, end);
                case "payload" -> {
                    payloadComes();
                    note("payload is not an object");
                }
                default -> {}
            }
            return end;
        }

        private void payloadComes() {
            if (payloadSeen) {
                note("the field payload comes twice");
            }
            payloadSeen = true;
        }

        private void readType(int from, int to) {
            if (typeSeen) {
                note("the field type comes twice");
            }
            typeSeen = true;
            type = isString(from) ? JsonText.unquoted(frame, from, to) : null;
        }

        private void readId(int from, int to) {
            idTwice |= idSeen;
            idSeen = true;
            id = isString(from) || isNumber(from) ? frame.substring(from, to) : null;
        }

        private int ofPayload(String name, int at) {
            int end = JsonText.value(text, at, JsonText.MAX_DEPTH);
            if (end < 0) {
                return end;
            }
            switch (name) {
                case "stake" -> {
                    if (!isNumber(at)) {
                        note("stake is not a number");
                    }
                    stakeAt = once(stakeAt, name, at, end);
                }
                case "currency" -> {
                    noteUnlessString(name, at);
                    currencyAt = once(currencyAt, name, at, end);
                }
                case "date" -> {
                    noteUnlessString(name, at);
                    dateAt = once(dateAt, name, at, end);
                }
                default -> {}
            }
            return end;
        }

        private Span once(@Nullable Span earlier, String name, int from, int to) {
            if (earlier != null) {
                note("the field " + name + " comes twice");
            }
            return new Span(from, to);
        }

        private boolean isString(int at) {
            return text[at] == '"';
        }

        private boolean isNumber(int at) {
            char c = text[at];
            return c == '-' || (c >= '0' && c <= '9');
        }

        private void noteUnlessString(String name, int at) {
            if (!isString(at)) {
                note(name + " is not a string");
            }
        }

        private void note(String words) {
            problem = problem == null ? words : problem;
        }

        Incoming incoming() {
            if ("heartbeat".equals(type)) {
                return Heartbeat.INSTANCE;
            }
            if (!"message".equals(type)) {
                return new Garbage(typeSeen ? "a type that is not known" : "no type");
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
            return trade(id, stakeAt, currencyAt, dateAt);
        }

        private Incoming trade(String id, Span stakeAt, Span currencyAt, Span dateAt) {
            Optional<BigDecimal> stake =
                    Conversion.amount(frame.substring(stakeAt.from(), stakeAt.to()));
            if (stake.isEmpty()) {
                return new Unusable(id, "The stake is out of range");
            }
            LocalDate day = WireTime.day(unquoted(dateAt));
            if (day == null) {
                return new Unusable(
                        id, "The date is none that is read here: send " + WireTime.FORMS);
            }
            return new Trade(
                    frame, id, stake.get(), unquoted(currencyAt), day, stakeAt, currencyAt, dateAt);
        }

        private String unquoted(Span at) {
            return JsonText.unquoted(frame, at.from(), at.to());
        }

        private String missing() {
            if (!payloadSeen) {
                return "payload";
            }
            return stakeAt == null ? "stake" : currencyAt == null ? "currency" : "date";
        }
    }
}
