package dev.holdfast.rates.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics.Counter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The converter's doors for callers: {@code GET /v1/convert} and the WebSocket {@code
 * /v1/convert/stream} (SPEC.md section 5).
 */
public final class ConvertRoutes {
    /** Streams open at once. */
    static final int MAX_STREAMS = 1000;

    private final Vertx vertx;
    private final Answering answering;
    private final InstantSource clock;
    private final Handler<RoutingContext> authenticate;
    private final Problems problems;
    private final JsonFactory json = new JsonFactory();
    private final Streams streams;

    /** How errors are written; the gateway has one writer for all of them. */
    @FunctionalInterface
    public interface Problems {
        /**
         * Answers with {@code application/problem+json}.
         *
         * @param type the catalogue's name of the problem, in lower case with hyphens
         * @param details what is wrong, a sentence each; at least one
         */
        void write(RoutingContext context, int status, String type, List<String> details);
    }

    /**
     * Doors that are not mounted yet.
     *
     * @param clock wall time
     * @param authenticate lets a caller pass with {@link RoutingContext#next()}, or answers itself
     */
    public ConvertRoutes(
            Vertx vertx,
            Answering answering,
            InstantSource clock,
            Handler<RoutingContext> authenticate,
            Problems problems) {
        this.vertx = vertx;
        this.answering = answering;
        this.clock = clock;
        this.authenticate = authenticate;
        this.problems = problems;
        this.streams = new Streams(vertx, answering);
    }

    /** Adds both to the router. */
    public void mount(Router router) {
        router.get("/v1/convert").handler(authenticate).handler(this::convert);
        router.get("/v1/convert/stream").handler(authenticate).handler(this::stream);
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
            List<String> mistakes) {}

    private void convert(RoutingContext context) {
        Asked asked = asked(context.queryParams());
        BigDecimal amount = asked.amount();
        LocalDate day = asked.day();
        if (!asked.mistakes().isEmpty() || amount == null || day == null) {
            problems.write(context, 400, "invalid-request", asked.mistakes());
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
                                        none -> answer(context, asked, amount, day, converted)));
    }

    private Asked asked(MultiMap query) {
        List<String> mistakes = new ArrayList<>();
        String amountText = one(query, "amount", mistakes);
        String from = currency(one(query, "from", mistakes), "from", mistakes);
        String to =
                currency(
                        query.contains("to") ? one(query, "to", mistakes) : answering.target(),
                        "to",
                        mistakes);
        Optional<BigDecimal> amount = Conversion.amount(amountText);
        if (!amountText.isEmpty() && amount.isEmpty()) {
            mistakes.add("amount must be a number below 1e60, such as 253.67");
        }
        LocalDate day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (query.contains("date")) {
            day = WireTime.day(one(query, "date", mistakes));
            if (day == null) {
                mistakes.add("date must be a date such as 2021-05-18");
            }
        }
        return new Asked(amount.orElse(null), from, to, day, mistakes);
    }

    private static String one(MultiMap query, String name, List<String> mistakes) {
        List<String> values = query.getAll(name);
        if (values.size() == 1 && !values.getFirst().isBlank()) {
            return values.getFirst().strip();
        }
        mistakes.add(values.size() > 1 ? name + " must be given once" : name + " is required");
        return "";
    }

    private static String currency(String text, String name, List<String> mistakes) {
        String code = text.toUpperCase(Locale.ROOT);
        if (!text.isEmpty() && !code.matches("[A-Z0-9]{1,10}")) {
            mistakes.add(name + " must be a currency code such as USD");
        }
        return code;
    }

    private void answer(
            RoutingContext context,
            Asked asked,
            BigDecimal amount,
            LocalDate day,
            Converted converted) {
        if (context.response().ended() || context.response().closed()) {
            answering.metrics().count(Counter.ANSWERS_DROPPED);
            return;
        }
        switch (converted) {
            case Converted.Amount found -> {
                answering.metrics().count(Counter.CONVERTED);
                context.response()
                        .putHeader("content-type", "application/json")
                        .end(body(asked, amount, day, found));
            }
            case Converted.Impossible impossible -> {
                RateError error = impossible.error();
                answering.metrics().error(error.reason());
                boolean askersFault = isAskersFault(error.reason());
                problems.write(
                        context,
                        askersFault ? 422 : 503,
                        askersFault ? "not-convertible" : "rates-unavailable",
                        List.of(error.words()));
            }
        }
    }

    /** Whether asking again later is of no use. */
    private static boolean isAskersFault(RateError.Reason reason) {
        return switch (reason) {
            case INVALID_MESSAGE, UNSUPPORTED_CURRENCY, DATE_IN_FUTURE, BEFORE_HISTORY, REFUSED ->
                    true;
            case OUT_OF_QUOTA,
                    UNAUTHORIZED,
                    UNREACHABLE,
                    SOURCE_FAILED,
                    NOT_RATES,
                    TOO_SLOW,
                    OVERLOADED ->
                    false;
        };
    }

    private String body(Asked asked, BigDecimal amount, LocalDate day, Converted.Amount found) {
        var text = new StringWriter();
        try (JsonGenerator out = json.createGenerator(text)) {
            out.writeStartObject();
            out.writeFieldName("amount");
            out.writeNumber(Conversion.literal(amount));
            out.writeStringField("from", asked.from());
            out.writeStringField("to", asked.to());
            out.writeStringField("date", day.toString());
            out.writeFieldName("result");
            out.writeNumber(Conversion.literal(found.value()));
            out.writeStringField("rate_date", found.validOn().toString());
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    private void stream(RoutingContext context) {
        HttpServerRequest request = context.request();
        boolean wanted = "websocket".equalsIgnoreCase(request.getHeader("upgrade"));
        if (!wanted) {
            problems.write(
                    context, 400, "invalid-request", List.of("this address speaks WebSocket only"));
        } else if (streams.count() >= MAX_STREAMS) {
            problems.write(
                    context, 503, "queue-full", List.of("too many streams are open, try later"));
        } else {
            request.toWebSocket().onSuccess(streams::open);
        }
    }
}
