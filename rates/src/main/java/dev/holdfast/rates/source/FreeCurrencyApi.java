package dev.holdfast.rates.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code api.freecurrencyapi.com}. Asked for rates of USD only, since its free plan may refuse any
 * other base; the key goes into the header {@code apikey}.
 */
final class FreeCurrencyApi implements RateSource {
    static final String NAME = "freecurrencyapi";
    private static final String BASE = "USD";

    private final Map<String, String> headers;

    FreeCurrencyApi(String apiKey) {
        if (apiKey.isBlank()) {
            throw new IllegalArgumentException(
                    "freecurrencyapi needs an API key: set rates.api-key or FREECURRENCY_API_KEY");
        }
        headers = Map.of("apikey", apiKey, "accept", "application/json");
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public URI defaultUrl() {
        return URI.create("https://api.freecurrencyapi.com");
    }

    @Override
    public LocalDate historyStart() {
        return LocalDate.of(1999, 1, 1);
    }

    @Override
    public SourceCall historical(String day) {
        return SourceCall.of("/v1/historical", Map.of("date", day, "base_currency", BASE), headers);
    }

    @Override
    public SourceCall latest() {
        return SourceCall.of("/v1/latest", Map.of("base_currency", BASE), headers);
    }

    /** {@code {"data":{"EUR":…}}} or, of a past day, {@code {"data":{"2022-01-01":{"EUR":…}}}}. */
    @Override
    public SourceAnswer read(LocalDate day, int status, String body) {
        if (status != 200) {
            return SourceAnswers.failure(day, status, body);
        }
        try (JsonParser parser = SourceAnswers.parser(body)) {
            if (!atData(parser)) {
                return SourceAnswers.notRates(body);
            }
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                return hollow(day, body, parser);
            }
            String first = parser.nextFieldName();
            if (first == null) {
                return SourceAnswers.none(day);
            }
            LocalDate validOn = SourceAnswers.date(first);
            if (validOn == null) {
                return latest(day, body);
            }
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return hollow(day, body, parser);
            }
            return SourceAnswers.of(day, validOn, BASE, SourceAnswers.rates(parser, ""));
        } catch (IOException notJson) {
            return SourceAnswers.notRates(body);
        }
    }

    private static SourceAnswer latest(LocalDate day, String body) throws IOException {
        try (JsonParser parser = SourceAnswers.parser(body)) {
            atData(parser);
            Map<String, BigDecimal> rates = SourceAnswers.rates(parser, "");
            return SourceAnswers.of(day, day, BASE, rates);
        }
    }

    /** PHP writes an empty object as an empty list: there is nothing for the day. */
    private static SourceAnswer hollow(LocalDate day, String body, JsonParser parser)
            throws IOException {
        boolean nothing =
                parser.currentToken() == JsonToken.VALUE_NULL
                        || (parser.currentToken() == JsonToken.START_ARRAY
                                && parser.nextToken() == JsonToken.END_ARRAY);
        return nothing ? SourceAnswers.none(day) : SourceAnswers.notRates(body);
    }

    /** Goes to the value of {@code data}; whether there is one. */
    private static boolean atData(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return false;
        }
        @Nullable String name = parser.nextFieldName();
        while (name != null && !name.equals("data")) {
            parser.nextToken();
            parser.skipChildren();
            name = parser.nextFieldName();
        }
        return name != null && parser.nextToken() != null;
    }
}
