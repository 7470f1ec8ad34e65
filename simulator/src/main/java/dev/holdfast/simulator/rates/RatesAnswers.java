package dev.holdfast.simulator.rates;

import dev.holdfast.simulator.door.Reply;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How the three rates APIs word their answers. */
final class RatesAnswers {
    private RatesAnswers() {}

    /**
     * The rates of {@code table}, of which {@code wanted}, or all, valid since {@code workingDay}.
     */
    static Reply rates(RatesCall.Rates call, RateTable table, LocalDate workingDay) {
        var rates = new TreeMap<String, BigDecimal>(table.rates());
        if (!call.wanted().isEmpty()) {
            rates.keySet().retainAll(call.wanted());
        }
        return switch (call.shape()) {
            case FREECURRENCYAPI -> {
                var plain = object(rates, "");
                var data = call.latest() ? plain : "{\"" + table.day() + "\":" + plain + "}";
                yield Reply.json(200, "{\"data\":" + data + "}");
            }
            case FRANKFURTER -> {
                rates.remove(table.base());
                yield Reply.json(
                        200,
                        "{\"amount\":1.0,\"base\":\"%s\",\"date\":\"%s\",\"rates\":%s}"
                                .formatted(table.base(), workingDay, object(rates, "")));
            }
            case EXCHANGERATE_HOST -> {
                rates.remove(table.base());
                yield Reply.json(
                        200,
                        ("{\"success\":true,\"historical\":%s,\"date\":\"%s\",\"timestamp\":%d,"
                                        + "\"source\":\"%s\",\"quotes\":%s}")
                                .formatted(
                                        !call.latest(),
                                        table.day(),
                                        table.day().atStartOfDay().toEpochSecond(ZoneOffset.UTC),
                                        table.base(),
                                        object(rates, table.base())));
            }
        };
    }

    private static String object(Map<String, BigDecimal> rates, String prefix) {
        var json = new StringBuilder("{");
        rates.forEach(
                (currency, rate) ->
                        json.append(json.length() > 1 ? "," : "")
                                .append('"')
                                .append(prefix)
                                .append(currency)
                                .append("\":")
                                .append(rate.toPlainString()));
        return json.append('}').toString();
    }

    static Reply unauthorized(RatesShape shape) {
        if (shape == RatesShape.EXCHANGERATE_HOST) {
            return hostError(101, "invalid_access_key", "You have not supplied a valid key.");
        }
        var code = new JsonObject().put("code", "invalid_api_key");
        return Reply.json(401, new JsonObject().put("message", "Unauthorized").put("error", code));
    }

    static Reply invalidBase(RatesShape shape) {
        return switch (shape) {
            case FREECURRENCYAPI ->
                    invalid("base_currency", "The selected base currency is invalid.");
            case FRANKFURTER -> notFound();
            case EXCHANGERATE_HOST ->
                    hostError(201, "invalid_source_currency", "The source is not supported.");
        };
    }

    static Reply invalidDate(RatesShape shape) {
        return switch (shape) {
            case FREECURRENCYAPI -> invalid("date", "The date is not a valid date.");
            case FRANKFURTER -> notFound();
            case EXCHANGERATE_HOST ->
                    hostError(302, "invalid_date", "You have specified an invalid date.");
        };
    }

    static Reply invalidCurrencies(RatesShape shape) {
        return switch (shape) {
            case FREECURRENCYAPI -> invalid("currencies", "The selected currencies is invalid.");
            case FRANKFURTER -> notFound();
            case EXCHANGERATE_HOST ->
                    hostError(202, "invalid_currency_codes", "One or more codes are invalid.");
        };
    }

    static Reply notInPlan() {
        return Reply.json(
                403,
                new JsonObject().put("message", "Your plan does not allow other base currencies."));
    }

    static Reply overQuota(RatesShape shape) {
        if (shape == RatesShape.EXCHANGERATE_HOST) {
            return new Reply(
                    429,
                    "application/json",
                    hostError(106, "rate_limit_reached", "Too many requests.").body(),
                    Map.of());
        }
        return Reply.json(429, new JsonObject().put("message", "API rate limit exceeded"));
    }

    static Reply status(int total, long used) {
        var month =
                new JsonObject()
                        .put("total", total)
                        .put("used", used)
                        .put("remaining", Math.max(0, total - used));
        return Reply.json(
                200,
                new JsonObject()
                        .put("account_id", 1)
                        .put("quotas", new JsonObject().put("month", month)));
    }

    static Reply notFound() {
        return Reply.json(404, new JsonObject().put("message", "not found"));
    }

    /** Whether anything asked for is no currency the history ever had. */
    static boolean anyUnknown(Set<String> wanted, ReferenceRates history) {
        return wanted.stream().anyMatch(c -> !c.equals("EUR") && !history.currencies().contains(c));
    }

    private static Reply invalid(String field, String text) {
        return Reply.json(
                422,
                new JsonObject()
                        .put("message", "Validation error")
                        .put("errors", new JsonObject().put(field, new JsonArray().add(text))));
    }

    private static Reply hostError(int code, String type, String info) {
        var error = new JsonObject().put("code", code).put("type", type).put("info", info);
        return Reply.json(200, new JsonObject().put("success", false).put("error", error));
    }
}
