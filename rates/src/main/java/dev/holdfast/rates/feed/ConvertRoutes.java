package dev.holdfast.rates.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.AskedPath;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics.Counter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
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
 * /v1/convert/stream}. Whoever mounts it has checked the caller's key.
 */
public final class ConvertRoutes {
    /** Where it wants to be mounted, with all that is below. */
    public static final String PATH = "/v1/convert";

    /** The kinds of problems that only these doors have. */
    public static final List<Kind> PROBLEMS =
            List.of(ConvertProblem.NOT_CONVERTIBLE, ConvertProblem.RATES_UNAVAILABLE);

    /**
     * A kind of problem.
     *
     * @param slug the last segment of its type
     * @param status its HTTP status
     * @param title what it says, without the final stop
     */
    public record Kind(String slug, int status, String title) {}

    /** What a conversion is asked with. */
    private static final List<String> PARAMETERS = List.of("amount", "from", "to", "date");

    /** Streams open at once. */
    static final int MAX_STREAMS = 1000;

    private final Vertx vertx;
    private final Answering answering;
    private final InstantSource clock;
    private final JsonFactory json = new JsonFactory();
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

    /**
     * Answers a request.
     *
     * @param at where it was asked
     */
    public void handle(HttpServerRequest request, AskedPath at) {
        boolean stream = (PATH + "/stream").equals(at.path());
        if (!stream && !PATH.equals(at.path())) {
            ConvertProblem.notFound().write(request, at);
        } else if (!isRead(request.method(), stream)) {
            request.response().putHeader("allow", stream ? "GET" : "GET, HEAD");
            ConvertProblem.notAllowed().write(request, at);
        } else if (stream) {
            stream(request, at);
        } else {
            convert(request, at);
        }
    }

    /** A HEAD is answered like its GET, without the body; a stream has no head. */
    private static boolean isRead(HttpMethod method, boolean stream) {
        return method.equals(HttpMethod.GET) || (!stream && method.equals(HttpMethod.HEAD));
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
            List<ConvertProblem.Mistake> mistakes) {}

    private void convert(HttpServerRequest request, AskedPath at) {
        Asked asked = asked(request.query());
        BigDecimal amount = asked.amount();
        LocalDate day = asked.day();
        if (!asked.mistakes().isEmpty() || amount == null || day == null) {
            ConvertProblem.invalid(asked.mistakes()).write(request, at);
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
                                        none ->
                                                answer(
                                                        request, at, asked, amount, day,
                                                        converted)));
    }

    private Asked asked(@Nullable String text) {
        List<ConvertProblem.Mistake> mistakes = new ArrayList<>();
        var query = new ConvertQuery(text, mistakes);
        String amountText = query.one("amount");
        String from = currency(query.one("from"), "from", mistakes);
        String to =
                currency(query.has("to") ? query.one("to") : answering.target(), "to", mistakes);
        Optional<BigDecimal> amount = Conversion.amount(amountText);
        if (!amountText.isEmpty() && amount.isEmpty()) {
            mistakes.add(
                    new ConvertProblem.Mistake(
                            "amount", "must be a number below 1e60, such as 253.67"));
        }
        LocalDate day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (query.has("date")) {
            String date = query.one("date");
            day = WireTime.day(date);
            if (day == null && !date.isEmpty()) {
                mistakes.add(
                        new ConvertProblem.Mistake("date", "must be a date: " + WireTime.FORMS));
            }
        }
        for (String name : query.names()) {
            if (!PARAMETERS.contains(name)) {
                mistakes.add(
                        new ConvertProblem.Mistake(
                                name, "is not known here; there are " + PARAMETERS));
            }
        }
        return new Asked(amount.orElse(null), from, to, day, mistakes);
    }

    private static String currency(
            String text, String name, List<ConvertProblem.Mistake> mistakes) {
        String code = text.toUpperCase(Locale.ROOT);
        if (!text.isEmpty() && !code.matches("[A-Z0-9]{1,10}")) {
            mistakes.add(new ConvertProblem.Mistake(name, "must be a currency code such as USD"));
        }
        return code;
    }

    private void answer(
            HttpServerRequest request,
            AskedPath at,
            Asked asked,
            BigDecimal amount,
            LocalDate day,
            Converted converted) {
        if (request.response().ended() || request.response().closed()) {
            answering.metrics().count(Counter.ANSWERS_DROPPED);
            return;
        }
        switch (converted) {
            case Converted.Amount found -> {
                answering.metrics().count(Counter.CONVERTED);
                String body = body(asked, amount, day, found);
                ConvertProblem.end(request, "application/json", body);
            }
            case Converted.Impossible impossible -> {
                RateError error = impossible.error();
                answering.metrics().error(error.reason());
                ConvertProblem.of(error, clock.instant()).write(request, at);
            }
        }
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

    private void stream(HttpServerRequest request, AskedPath at) {
        if (!"websocket".equalsIgnoreCase(request.getHeader("upgrade"))) {
            ConvertProblem.invalid(
                            List.of(
                                    new ConvertProblem.Mistake(
                                            "Upgrade", "this address speaks WebSocket only")))
                    .write(request, at);
        } else if (streams.count() >= MAX_STREAMS) {
            ConvertProblem.tooManyStreams().write(request, at);
        } else {
            request.toWebSocket().onSuccess(streams::open);
        }
    }
}
