package dev.holdfast.simulator.rates;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.door.CallLog;
import dev.holdfast.simulator.door.Door;
import dev.holdfast.simulator.door.Exchange;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.door.Listen;
import dev.holdfast.simulator.door.Reply;
import dev.holdfast.simulator.door.Simulator;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * A rates API on the ECB's real history: freecurrencyapi ({@code /v1/latest}, {@code
 * /v1/historical}, {@code /v1/status}), frankfurter ({@code /v1/DATE}) and exchangerate.host
 * ({@code /historical}, {@code /live}).
 */
public final class SimulatedRates implements Simulator {
    /** The longest month: who keeps it keeps any plan by the calendar. */
    private static final Duration MONTH = Duration.ofDays(31);

    /**
     * The figures.
     *
     * @param listen where
     * @param history the rates
     * @param shape what {@code /v1/latest} is answered in
     * @param key the API key asked for (frankfurter has none); null = any or none will do
     * @param minute calls a minute
     * @param month calls a month
     * @param usdOnly whether another base than USD is refused with 403, as on the free plan
     * @param digits significant digits of cross rates
     * @param failureShare the share of calls that fail with 500, by chance from {@code seed}
     * @param seed of the failures and latencies
     * @param latency how long answers take
     * @param fault what is broken at start
     * @param log takes a JSON line for each call; null = none
     */
    public record Options(
            Listen listen,
            ReferenceRates history,
            RatesShape shape,
            @Nullable String key,
            Limit minute,
            Limit month,
            boolean usdOnly,
            int digits,
            double failureShare,
            long seed,
            Latency latency,
            Fault fault,
            @Nullable Consumer<String> log) {

        public Options {
            Bounds.key(key);
            Bounds.digits(digits);
            Bounds.share("failure-share", failureShare);
        }

        /** The free plan's 10 a minute and 5000 a month, 200 ms, any key, any port, no log. */
        public static Options recorded(ReferenceRates history) {
            return new Options(
                    Listen.ANYWHERE,
                    history,
                    RatesShape.FREECURRENCYAPI,
                    null,
                    Limit.TEN_A_MINUTE,
                    new Limit(5000, MONTH, true, false),
                    false,
                    RateTable.USUAL_DIGITS,
                    0,
                    1,
                    Latency.always(Duration.ofMillis(200)),
                    Fault.NONE,
                    null);
        }

        /** The same asking for a key. */
        public Options key(@Nullable String other) {
            return new Options(
                    listen,
                    history,
                    shape,
                    other,
                    minute,
                    month,
                    usdOnly,
                    digits,
                    failureShare,
                    seed,
                    latency,
                    fault,
                    log);
        }

        /** The same with other quotas. */
        public Options limits(Limit aMinute, Limit aMonth) {
            return new Options(
                    listen,
                    history,
                    shape,
                    key,
                    aMinute,
                    aMonth,
                    usdOnly,
                    digits,
                    failureShare,
                    seed,
                    latency,
                    fault,
                    log);
        }

        /** The same with another latency. */
        public Options latency(Latency other) {
            return new Options(
                    listen,
                    history,
                    shape,
                    key,
                    minute,
                    month,
                    usdOnly,
                    digits,
                    failureShare,
                    seed,
                    other,
                    fault,
                    log);
        }

        /** The same in another dialect. */
        public Options shape(RatesShape other) {
            return new Options(
                    listen,
                    history,
                    other,
                    key,
                    minute,
                    month,
                    usdOnly,
                    digits,
                    failureShare,
                    seed,
                    latency,
                    fault,
                    log);
        }

        /** The same on another address. */
        public Options listen(Listen other) {
            return new Options(
                    other,
                    history,
                    shape,
                    key,
                    minute,
                    month,
                    usdOnly,
                    digits,
                    failureShare,
                    seed,
                    latency,
                    fault,
                    log);
        }
    }

    private final Vertx vertx;
    private final Options options;
    private final InstantSource clock;
    private final Door door;
    private final Limit.Gate minute;
    private final Limit.Gate month;
    private final CallLog log;
    private final RandomGenerator chance;
    private final Map<String, Integer> callsByDay = new TreeMap<>();

    private long calls;
    private long refused;
    private long failed;
    private long spoilt;

    public SimulatedRates(Vertx vertx, Options options, InstantSource clock) {
        this.vertx = vertx;
        this.options = options;
        this.clock = clock;
        this.minute = options.minute.gate();
        this.month = options.month.gate();
        this.log = new CallLog(options.log, System.nanoTime());
        this.chance = RandomGeneratorFactory.of("L64X128MixRandom").create(options.seed);
        this.door = new Door(vertx, options.listen, options.fault, new House());
    }

    /**
     * Listens. Not to be called on an event loop.
     *
     * @throws IllegalStateException if it cannot, with the reason
     */
    public SimulatedRates start() {
        door.open();
        return this;
    }

    @Override
    public void close() {
        door.close();
    }

    @Override
    public int port() {
        return door.port();
    }

    @Override
    public URI uri() {
        return URI.create("http://" + options.listen.authority(port()));
    }

    /** Breaks it, or heals it with {@link Fault#NONE}. Not to be called on an event loop. */
    public void fault(Fault fault) {
        door.command(fault);
    }

    /**
     * What {@code GET /_stats} says: calls, worst_window (of the minute), refused, failed, spoilt,
     * calls_by_day (how often each day was asked for).
     */
    public JsonObject stats() {
        return door.ask(this::collect);
    }

    private JsonObject collect() {
        var byDay = new JsonObject();
        callsByDay.forEach(byDay::put);
        return new JsonObject()
                .put("calls", calls)
                .put("worst_window", minute.worst())
                .put("window_ms", options.minute.window().toMillis())
                .put("refused", refused)
                .put("failed", failed)
                .put("spoilt", spoilt)
                .put("calls_by_day", byDay);
    }

    private final class House implements Door.House {
        @Override
        public JsonObject stats(HttpServerRequest request) {
            return collect();
        }

        @Override
        public void call(HttpServerRequest request) {
            long now = System.nanoTime();
            var answer =
                    switch (RatesCall.of(request, options.shape)) {
                        case RatesCall.Unknown unknown -> RatesAnswers.notFound();
                        case RatesCall.Status status -> account(status, now);
                        case RatesCall.Rates rates -> limited(rates, now);
                    };
            answer(request, now, answer);
        }
    }

    private boolean keyed(@Nullable String key) {
        return options.key == null || options.key.equals(key);
    }

    private Reply account(RatesCall.Status call, long now) {
        if (!keyed(call.key())) {
            return RatesAnswers.unauthorized(RatesShape.FREECURRENCYAPI);
        }
        int total = options.month.calls();
        return RatesAnswers.status(total, total - month.remaining(now));
    }

    private Reply limited(RatesCall.Rates call, long now) {
        calls++;
        callsByDay.merge(call.latest() ? "latest" : String.valueOf(call.date()), 1, Integer::sum);
        if (call.shape() != RatesShape.FRANKFURTER && !keyed(call.key())) {
            return RatesAnswers.unauthorized(call.shape());
        }
        boolean thisMinute = minute.admit(now);
        boolean admitted = month.admit(now) && thisMinute;
        var answer = admitted ? rates(call) : RatesAnswers.overQuota(call.shape());
        refused += admitted ? 0 : 1;
        return call.shape() == RatesShape.FREECURRENCYAPI ? answer.with(quotaHeaders(now)) : answer;
    }

    private Map<String, String> quotaHeaders(long now) {
        return Map.of(
                "X-RateLimit-Limit-Quota-Minute", String.valueOf(options.minute.calls()),
                "X-RateLimit-Remaining-Quota-Minute", String.valueOf(minute.remaining(now)),
                "X-RateLimit-Limit-Quota-Month", String.valueOf(options.month.calls()),
                "X-RateLimit-Remaining-Quota-Month", String.valueOf(month.remaining(now)));
    }

    private Reply rates(RatesCall.Rates call) {
        if (chance.nextDouble() < options.failureShare) {
            failed++;
            return Reply.text(500, "<html><body><h1>500 Server Error</h1></body></html>");
        }
        var shape = call.shape();
        var history = options.history;
        if (options.usdOnly && shape == RatesShape.FREECURRENCYAPI && !call.base().equals("USD")) {
            return RatesAnswers.notInPlan();
        }
        var today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        var day = call.latest() ? today : call.day().orElse(LocalDate.MIN);
        if (day.isBefore(history.first()) || day.isAfter(today)) {
            return RatesAnswers.invalidDate(shape);
        }
        if (RatesAnswers.anyUnknown(call.wanted(), history)) {
            return RatesAnswers.invalidCurrencies(shape);
        }
        boolean toItself =
                shape == RatesShape.FRANKFURTER
                        && call.wanted().size() == 1
                        && call.wanted().contains(call.base());
        var table = RateTable.of(history, day, call.base(), options.digits);
        if (toItself || table.isEmpty()) {
            return RatesAnswers.invalidBase(shape);
        }
        return RatesAnswers.rates(call, table.get(), history.validOn(day));
    }

    private void answer(HttpServerRequest request, long arrived, Reply answer) {
        var fault = door.fault();
        if (fault.mode() != Fault.Mode.NONE && fault.mode() != Fault.Mode.SLOW) {
            spoilt++;
        }
        var delay = options.latency.at(chance.nextDouble());
        new Exchange(vertx, request).send(answer, delay, fault);
        log.call(
                arrived,
                line ->
                        line.put("path", request.path())
                                .put("query", withoutKey(request))
                                .put("status", answer.status())
                                .put("latency_ms", delay.toMillis())
                                .put("fault", CallLog.name(fault)));
    }

    private static JsonObject withoutKey(HttpServerRequest request) {
        var query = new JsonObject();
        request.params()
                .forEach((name, value) -> query.put(name, name.endsWith("key") ? "…" : value));
        return query;
    }
}
