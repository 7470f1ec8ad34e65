package dev.holdfast.rates.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.rates.RateError;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.time.LocalDate;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code api.exchangerate.host}. It takes its key only in the query, and tells most failures with
 * status 200 and {@code "success":false}.
 */
final class ExchangerateHost implements RateSource {
    static final String NAME = "exchangerate-host";
    private static final String BASE = "EUR";
    private static final int CODE_QUOTA = 104;
    private static final Map<String, String> HEADERS = Map.of("accept", "application/json");

    private final String apiKey;

    ExchangerateHost(String apiKey) {
        if (apiKey.isBlank()) {
            throw new IllegalArgumentException(
                    "exchangerate-host needs an API key: set rates.api-key");
        }
        this.apiKey = apiKey;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public URI defaultUrl() {
        return URI.create("https://api.exchangerate.host");
    }

    @Override
    public LocalDate historyStart() {
        return LocalDate.of(1999, 1, 1);
    }

    @Override
    public SourceCall historical(String day) {
        var query = new TreeMap<>(Map.of("access_key", apiKey, "source", BASE));
        query.put("date", day);
        return SourceCall.of("/historical", query, HEADERS);
    }

    @Override
    public SourceCall latest() {
        return SourceCall.of("/live", Map.of("access_key", apiKey, "source", BASE), HEADERS);
    }

    /** {@code {"success":true,"date":"2021-05-18","source":"EUR","quotes":{"EURUSD":…}}}. */
    @Override
    public SourceAnswer read(LocalDate day, int status, String body) {
        if (status != 200) {
            return SourceAnswers.failure(day, status, body);
        }
        try (JsonParser parser = SourceAnswers.parser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return SourceAnswers.notRates(body);
            }
            var fields = new Fields();
            fields.read(parser);
            return fields.answer(day, body);
        } catch (IOException notJson) {
            return SourceAnswers.notRates(body);
        }
    }

    /** Of one answer. */
    private static final class Fields {
        private boolean success;
        private int errorCode;
        private @Nullable LocalDate date;
        private @Nullable Map<String, BigDecimal> quotes;
        private @Nullable String source;

        void read(JsonParser parser) throws IOException {
            for (String name = parser.nextFieldName();
                    name != null;
                    name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "success" -> success = token == JsonToken.VALUE_TRUE;
                    case "date" -> date = SourceAnswers.date(parser.getText());
                    case "source" -> source = parser.getText();
                    case "quotes" -> {
                        if (token == JsonToken.START_OBJECT) {
                            quotes = SourceAnswers.rates(parser, BASE);
                        } else if (token == JsonToken.START_ARRAY) {
                            quotes = Map.of();
                            parser.skipChildren();
                        }
                    }
                    case "error" -> readError(parser, token);
                    default -> parser.skipChildren();
                }
            }
        }

        private void readError(JsonParser parser, JsonToken token) throws IOException {
            if (token != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return;
            }
            for (String name = parser.nextFieldName();
                    name != null;
                    name = parser.nextFieldName()) {
                if (parser.nextToken() == JsonToken.VALUE_NUMBER_INT && name.equals("code")) {
                    errorCode = parser.getIntValue();
                } else {
                    parser.skipChildren();
                }
            }
        }

        SourceAnswer answer(LocalDate day, String body) {
            if (success && quotes != null && (source == null || source.equals(BASE))) {
                return SourceAnswers.of(day, date, BASE, quotes);
            }
            return switch (errorCode) {
                case 0 -> SourceAnswers.notRates(body);
                case 101, 102, 103, 105 ->
                        new SourceAnswer.Failure(new RateError.Unauthorized(errorCode));
                case CODE_QUOTA -> new SourceAnswer.Failure(new RateError.OutOfQuota(null));
                case 106, 301, 302 ->
                        new SourceAnswer.Failure(
                                new RateError.Refused(day, errorCode, SourceAnswers.detail(body)));
                default -> new SourceAnswer.Failure(new RateError.SourceFailed(errorCode));
            };
        }
    }
}
