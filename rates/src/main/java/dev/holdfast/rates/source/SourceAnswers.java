package dev.holdfast.rates.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the rates APIs' answers have in common. */
final class SourceAnswers {
    /** Of an API's own error words, how many characters are shown. */
    private static final int MAX_DETAIL_CHARS = 200;

    private static final int MAX_DEPTH = 20;
    private static final int MAX_CODE_CHARS = 10;
    private static final int MAX_RATE_DIGITS = 60;

    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .build();

    private SourceAnswers() {}

    static JsonParser parser(String body) throws IOException {
        return JSON.createParser(body);
    }

    /**
     * Reads the object the parser is at as currency to rate. A currency whose rate is not a
     * positive number (some APIs send null) is left out.
     *
     * @param prefix what stands before each currency, cut off; other names are left out
     */
    static Map<String, BigDecimal> rates(JsonParser parser, String prefix) throws IOException {
        Map<String, BigDecimal> rates = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (!token.isNumeric()) {
                parser.skipChildren();
                continue;
            }
            BigDecimal rate = parser.getDecimalValue();
            String code = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
            if (isCode(code) && isSane(rate)) {
                // Codes are few and days are many: all days share the same strings.
                rates.put(code.intern(), rate);
            }
            if (rates.size() > DayRates.MAX_CURRENCIES) {
                throw new IOException("too many rates");
            }
        }
        return rates;
    }

    private static boolean isSane(BigDecimal rate) {
        return rate.signum() > 0
                && rate.precision() <= MAX_RATE_DIGITS
                && Math.abs(rate.scale()) <= MAX_RATE_DIGITS;
    }

    private static boolean isCode(String code) {
        if (code.isEmpty() || code.length() > MAX_CODE_CHARS) {
            return false;
        }
        return code.chars().allMatch(c -> (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    }

    /** The answer when the rates were read, whether or not there are any. */
    static SourceAnswer of(
            LocalDate day,
            @Nullable LocalDate validOn,
            String base,
            Map<String, BigDecimal> rates) {
        if (rates.isEmpty()) {
            return none(day);
        }
        if (validOn != null && validOn.isAfter(day)) {
            return new SourceAnswer.Failure(
                    new RateError.NotRates("rates of " + validOn + " for " + day));
        }
        return new SourceAnswer.Rates(
                new DayRates(day, validOn == null ? day : validOn, base, rates));
    }

    /** The answer of a source that is well and has nothing for the day. */
    static SourceAnswer none(LocalDate day) {
        return new SourceAnswer.Failure(new RateError.NoRates(day));
    }

    /** A date of an answer, or null when it is none. */
    static @Nullable LocalDate date(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException notADate) {
            return null;
        }
    }

    /** An answer whose body is not what it should be. */
    static SourceAnswer notRates(String body) {
        String start = body.stripLeading();
        String head = start.substring(0, Math.min(start.length(), 200)).toLowerCase(Locale.ROOT);
        String what =
                start.isEmpty()
                        ? "an empty body"
                        : head.startsWith("<!doctype html") || head.contains("<html")
                                ? "an HTML page"
                                : "something that is not its JSON";
        return new SourceAnswer.Failure(new RateError.NotRates(what));
    }

    /** What a status other than 200 means. */
    static SourceAnswer failure(LocalDate day, int status, String body) {
        RateError error =
                switch (status) {
                    case 401 -> new RateError.Unauthorized(status);
                    case 429 -> new RateError.OutOfQuota(null);
                    // 403: the plan has the day not, but may have others.
                    case 400, 403, 404, 422 -> new RateError.Refused(day, status, detail(body));
                    default -> new RateError.SourceFailed(status);
                };
        return new SourceAnswer.Failure(error);
    }

    /**
     * The words of an error in JSON: the first text under {@code errors}, {@code info}, {@code
     * message} or {@code error}, in that order; empty when the body is something else, such as a
     * page.
     */
    static String detail(String body) {
        String[] names = {"errors", "info", "message", "error"};
        String[] found = new String[names.length];
        try (JsonParser parser = parser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return "";
            }
            int under = -1;
            int depthUnder = 0;
            int depth = 1;
            for (JsonToken t = parser.nextToken(); t != null; t = parser.nextToken()) {
                if (t.isStructStart()) {
                    depth++;
                } else if (t.isStructEnd()) {
                    depth--;
                    under = depth <= depthUnder ? -1 : under;
                } else if (t == JsonToken.FIELD_NAME && (under < 0 || depth <= depthUnder)) {
                    under = java.util.Arrays.asList(names).indexOf(parser.currentName());
                    depthUnder = depth;
                } else if (t == JsonToken.VALUE_STRING && under >= 0 && found[under] == null) {
                    found[under] = parser.getText();
                }
            }
        } catch (IOException notJson) {
            return "";
        }
        for (String text : found) {
            if (text != null) {
                return printable(text);
            }
        }
        return "";
    }

    private static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return clean.length() <= MAX_DETAIL_CHARS
                ? clean
                : clean.substring(0, MAX_DETAIL_CHARS) + "…";
    }
}
