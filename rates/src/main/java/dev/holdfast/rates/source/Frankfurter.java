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
 * {@code api.frankfurter.dev}: the ECB's rates, without a key. A day without rates is answered with
 * the last working day before it.
 */
final class Frankfurter implements RateSource {
    static final String NAME = "frankfurter";
    private static final Map<String, String> QUERY = Map.of("base", "EUR");
    private static final Map<String, String> HEADERS = Map.of("accept", "application/json");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public URI defaultUrl() {
        return URI.create("https://api.frankfurter.dev");
    }

    @Override
    public LocalDate historyStart() {
        return LocalDate.of(1999, 1, 4);
    }

    @Override
    public SourceCall historical(String day) {
        return SourceCall.of("/v1/" + day, QUERY, HEADERS);
    }

    @Override
    public SourceCall latest() {
        return SourceCall.of("/v1/latest", QUERY, HEADERS);
    }

    /** {@code {"base":"EUR","date":"2021-05-18","rates":{"USD":…}}}. */
    @Override
    public SourceAnswer read(LocalDate day, int status, String body) {
        if (status != 200) {
            return SourceAnswers.failure(day, status, body);
        }
        try (JsonParser parser = SourceAnswers.parser(body)) {
            return read(day, body, parser);
        } catch (IOException notJson) {
            return SourceAnswers.notRates(body);
        }
    }

    private static SourceAnswer read(LocalDate day, String body, JsonParser parser)
            throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return SourceAnswers.notRates(body);
        }
        @Nullable String base = null;
        @Nullable LocalDate validOn = null;
        @Nullable Map<String, BigDecimal> rates = null;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "base" -> base = parser.getText();
                case "date" -> validOn = SourceAnswers.date(parser.getText());
                case "rates" -> {
                    if (token == JsonToken.START_OBJECT) {
                        rates = SourceAnswers.rates(parser, "");
                    } else if (token == JsonToken.START_ARRAY) {
                        rates = Map.of();
                        parser.skipChildren();
                    }
                }
                default -> parser.skipChildren();
            }
        }
        if (base == null || validOn == null || rates == null) {
            return SourceAnswers.notRates(body);
        }
        return SourceAnswers.of(day, validOn, base, rates);
    }
}
