package dev.holdfast.simulator.rates;

import io.vertx.core.http.HttpServerRequest;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is asked of the rates API, in whichever dialect. */
sealed interface RatesCall {
    /** Rates of a day, or the newest. */
    record Rates(
            RatesShape shape,
            boolean latest,
            @Nullable String date,
            String base,
            Set<String> wanted,
            @Nullable String key)
            implements RatesCall {

        /** The date, if it is one. */
        Optional<LocalDate> day() {
            try {
                return Optional.of(LocalDate.parse(String.valueOf(date)));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
    }

    /** freecurrencyapi's account status, which costs nothing. */
    record Status(@Nullable String key) implements RatesCall {}

    /** Nothing known. */
    record Unknown() implements RatesCall {}

    Pattern DATED = Pattern.compile("/v1/(\\d{4}-\\d{2}-\\d{2})");

    static RatesCall of(HttpServerRequest request, RatesShape latestShape) {
        var dated = DATED.matcher(request.path());
        if (dated.matches()) {
            return frankfurter(request, false, dated.group(1));
        }
        return switch (request.path()) {
            case "/v1/status" -> new Status(freeKey(request));
            case "/v1/historical" -> free(request, false, request.getParam("date"));
            case "/v1/latest" ->
                    latestShape == RatesShape.FRANKFURTER
                            ? frankfurter(request, true, null)
                            : free(request, true, null);
            case "/historical" -> host(request, false, request.getParam("date"));
            case "/live" -> host(request, true, null);
            default -> new Unknown();
        };
    }

    private static Rates free(HttpServerRequest request, boolean latest, @Nullable String date) {
        return new Rates(
                RatesShape.FREECURRENCYAPI,
                latest,
                date,
                request.getParam("base_currency", "USD"),
                list(request.getParam("currencies", "")),
                freeKey(request));
    }

    private static Rates frankfurter(
            HttpServerRequest request, boolean latest, @Nullable String date) {
        return new Rates(
                RatesShape.FRANKFURTER,
                latest,
                date,
                request.getParam("base", "EUR"),
                list(request.getParam("symbols", "")),
                null);
    }

    private static Rates host(HttpServerRequest request, boolean latest, @Nullable String date) {
        return new Rates(
                RatesShape.EXCHANGERATE_HOST,
                latest,
                date,
                request.getParam("source", "USD"),
                list(request.getParam("currencies", "")),
                request.getParam("access_key"));
    }

    private static @Nullable String freeKey(HttpServerRequest request) {
        var header = request.getHeader("apikey");
        return header == null ? request.getParam("apikey") : header;
    }

    private static Set<String> list(String comma) {
        return comma.isEmpty() ? Set.of() : Set.of(comma.toUpperCase(Locale.ROOT).split(",", -1));
    }
}
