package dev.holdfast.rates.feed;

import dev.holdfast.http.Field;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.http.Responder;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics.Counter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The converter's doors for callers: {@code GET /v1/convert} and the WebSocket {@code
 * /v1/convert/stream}. Whoever hands them a request has checked its caller's key and method.
 */
public final class ConvertRoutes {
    /** Where conversions are asked for. */
    public static final String PATH = "/v1/convert";

    /** Where the stream is. */
    public static final String STREAM_PATH = PATH + "/stream";

    /** What a conversion is asked with. */
    private static final List<String> PARAMETERS = List.of("amount", "from", "to", "date");

    /** Streams open at once. */
    static final int MAX_STREAMS = 1000;

    /** After that one more stream may be asked for. */
    private static final Duration STREAMS_AGAIN = Duration.ofSeconds(5);

    /** Most that a caller is told to wait, in seconds: a month's quota may be used up. */
    private static final int MOST_RETRY_AFTER_SECONDS = 86_400;

    private final Vertx vertx;
    private final Answering answering;
    private final InstantSource clock;
    private final Streams streams;

    /**
     * Doors of a converter.
     *
     * @param clock wall time
     */
    public ConvertRoutes(Vertx vertx, Answering answering, InstantSource clock) {
        this.vertx = vertx;
        this.answering = answering;
        this.clock = clock;
        this.streams = new Streams(vertx, answering);
    }

    /** Closes the streams with 1001, their answers in hand sent; done within 5 s. */
    public Future<Void> stop() {
        return streams.stop();
    }

    /** What a caller asked, or what is wrong with it. */
    private record Asked(
            @Nullable BigDecimal amount,
            String from,
            String to,
            @Nullable LocalDate day,
            Mistakes mistakes) {}

    /** Answers {@code GET /v1/convert}. */
    public void convert(Responder responder) {
        Asked asked = asked(responder.request().query());
        BigDecimal amount = asked.amount();
        LocalDate day = asked.day();
        if (!asked.mistakes().isEmpty() || amount == null || day == null) {
            responder.problem(asked.mistakes().problem());
            return;
        }
        Context loop = vertx.getOrCreateContext();
        answering.metrics().count(Counter.MESSAGES);
        answering
                .converter()
                .convert(
                        amount,
                        asked.from(),
                        asked.to(),
                        day,
                        converted ->
                                loop.runOnContext(
                                        _ -> answer(responder, asked, amount, day, converted)));
    }

    private Asked asked(@Nullable String text) {
        Mistakes mistakes = new Mistakes();
        Map<String, Field> query = QueryFields.read(text, mistakes);
        query.putIfAbsent("to", new Field.Text(answering.target()));
        String amountText = one(query, "amount", mistakes);
        String from = currency(query, "from", mistakes);
        String to = currency(query, "to", mistakes);
        Optional<BigDecimal> amount = Conversion.amount(amountText);
        if (!amountText.isEmpty() && amount.isEmpty()) {
            mistakes.add("amount", "must be a number below 1e60, such as 253.67");
        }
        LocalDate day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (query.containsKey("date")) {
            String date = one(query, "date", mistakes);
            day = WireTime.day(date);
            if (day == null && !date.isEmpty()) {
                mistakes.add("date", "must be a date: " + WireTime.FORMS);
            }
        }
        for (String name : query.keySet()) {
            if (!PARAMETERS.contains(name)) {
                mistakes.add(name, "is not known here; there are " + PARAMETERS);
            }
        }
        return new Asked(amount.orElse(null), from, to, day, mistakes);
    }

    /** What a parameter says; empty where that is a mistake. */
    private static String one(Map<String, Field> query, String name, Mistakes mistakes) {
        Field field = query.getOrDefault(name, new Field.Text(""));
        String value = field instanceof Field.Text(String text) ? text.strip() : "";
        if (field instanceof Field.Text && value.isEmpty()) {
            mistakes.add(name, "is required");
        }
        return value;
    }

    private static String currency(Map<String, Field> query, String name, Mistakes mistakes) {
        String code = one(query, name, mistakes).toUpperCase(Locale.ROOT);
        if (!code.isEmpty() && !code.matches("[A-Z0-9]{1,10}")) {
            mistakes.add(name, "must be a currency code such as USD");
        }
        return code;
    }

    private void answer(
            Responder responder,
            Asked asked,
            BigDecimal amount,
            LocalDate day,
            Converted converted) {
        HttpServerResponse response = responder.request().response();
        if (response.ended() || response.closed()) {
            answering.metrics().count(Counter.ANSWERS_DROPPED);
            return;
        }
        switch (converted) {
            case Converted.Amount found -> {
                answering.metrics().count(Counter.CONVERTED);
                responder.json(200, body(asked, amount, day, found));
            }
            case Converted.Impossible(RateError error) -> {
                answering.metrics().error(error.reason());
                responder.problem(problem(error, clock.instant()));
            }
        }
    }

    private static Buffer body(
            Asked asked, BigDecimal amount, LocalDate day, Converted.Amount found) {
        return Json.object(
                json -> {
                    json.writeFieldName("amount");
                    json.writeNumber(Conversion.literal(amount));
                    json.writeStringField("from", asked.from());
                    json.writeStringField("to", asked.to());
                    json.writeStringField("date", day.toString());
                    json.writeFieldName("result");
                    json.writeNumber(Conversion.literal(found.value()));
                    json.writeStringField("rate_date", found.validOn().toString());
                });
    }

    /** Why an amount is not converted: for good (422), or just now (503). */
    private static Problem problem(RateError error, Instant now) {
        String detail = error.words() + ".";
        return switch (error.reason()) {
            case INVALID_MESSAGE,
                    UNSUPPORTED_CURRENCY,
                    DATE_IN_FUTURE,
                    BEFORE_HISTORY,
                    HISTORY_ENDED,
                    TOO_OLD,
                    NO_RATES,
                    REFUSED ->
                    new Problem.Plain(Problem.Kind.NOT_CONVERTIBLE, detail);
            case OUT_OF_QUOTA,
                    UNAUTHORIZED,
                    UNREACHABLE,
                    SOURCE_FAILED,
                    NOT_RATES,
                    TOO_SLOW,
                    STORE_UNAVAILABLE,
                    OVERLOADED ->
                    new Problem.Passing(
                            Problem.Kind.RATES_UNAVAILABLE, detail, retryAfter(error, now));
        };
    }

    /** When trying again may help: 1 s to {@link #MOST_RETRY_AFTER_SECONDS}. */
    private static Duration retryAfter(RateError error, Instant now) {
        long seconds =
                error instanceof RateError.OutOfQuota(Instant until)
                        ? Duration.between(now, until).toSeconds() + 1
                        : 1;
        return Duration.ofSeconds(Math.clamp(seconds, 1, MOST_RETRY_AFTER_SECONDS));
    }

    /** Answers {@code GET /v1/convert/stream}. */
    public void stream(Responder responder) {
        HttpServerRequest request = responder.request();
        boolean webSocket = "websocket".equalsIgnoreCase(request.getHeader("upgrade"));
        if (!webSocket || !request.method().equals(HttpMethod.GET)) {
            responder.problem(Problem.malformed("Upgrade", "this address speaks WebSocket only"));
        } else if (streams.count() >= MAX_STREAMS) {
            responder.problem(
                    new Problem.Passing(
                            Problem.Kind.QUEUE_FULL, "Too many streams are open.", STREAMS_AGAIN));
        } else {
            responder.upgrade().onSuccess(streams::open);
        }
    }
}
