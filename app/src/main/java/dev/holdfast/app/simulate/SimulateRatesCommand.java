package dev.holdfast.app.simulate;

import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.rates.RatesShape;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast simulate rates-api}. */
@Command(
        name = "rates-api",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Rates on the ECB's history, as three rates APIs give them.",
            "They are freecurrencyapi (/v1/latest, /v1/historical, /v1/status), frankfurter"
                    + " (/v1/DATE) and exchangerate.host (/historical, /live).",
            "Of its own: GET /_stats, GET|POST /_control."
        })
final class SimulateRatesCommand implements Runnable {
    @Option(
            names = "--port",
            defaultValue = "8102",
            description = "port, 0 = any free one (default: ${DEFAULT-VALUE})")
    int port;

    @Mixin SimulateOptions.Place place = new SimulateOptions.Place();

    @Option(
            names = "--shape",
            defaultValue = "FREECURRENCYAPI",
            description = "what /v1/latest is answered in: ${COMPLETION-CANDIDATES}")
    RatesShape shape = RatesShape.FREECURRENCYAPI;

    @Option(names = "--key", description = "the API key asked for (default: any or none)")
    @Nullable String key;

    @Option(
            names = "--quota-minute",
            defaultValue = "10",
            description = "calls in 60 s, 0 = no quota (default: ${DEFAULT-VALUE})")
    int quotaMinute;

    @Option(
            names = "--quota-month",
            defaultValue = "5000",
            description = "calls in 31 days, 0 = no quota (default: ${DEFAULT-VALUE})")
    int quotaMonth;

    @Option(
            names = "--speed",
            defaultValue = "1",
            description = "divides both windows (default: ${DEFAULT-VALUE})")
    double speed;

    @Option(
            names = "--no-count-refused",
            negatable = true,
            description = "calls answered 429 do not count in the windows (default: they do)")
    boolean refusedAreFree;

    @Option(names = "--usd-only", description = "another base than USD is refused with 403")
    boolean usdOnly;

    @Option(
            names = "--digits",
            defaultValue = "10",
            description = "significant digits of cross rates (default: ${DEFAULT-VALUE})")
    int digits;

    @Option(
            names = "--failure-share",
            defaultValue = "0",
            description = "share of calls that fail with 500 (default: ${DEFAULT-VALUE})")
    double failureShare;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "settles which calls fail (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(
            names = "--latency",
            defaultValue = "200ms",
            converter = DurationConverter.class,
            description = "how long an answer takes (default: ${DEFAULT-VALUE})")
    Duration latency = Duration.ofMillis(200);

    @Mixin SimulateOptions.Broken broken = new SimulateOptions.Broken();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        SimulateCommand.serve(
                spec,
                (vertx, out) -> start(vertx, out),
                rates -> "the rates API is on " + rates.uri());
    }

    private SimulatedRates start(Vertx vertx, PrintWriter out) {
        var options =
                new SimulatedRates.Options(
                        place.listen(port),
                        ReferenceRates.load(),
                        shape,
                        key,
                        new Limit(quotaMinute, Duration.ofSeconds(60), !refusedAreFree, false)
                                .faster(speed),
                        new Limit(quotaMonth, Duration.ofDays(31), !refusedAreFree, false)
                                .faster(speed),
                        usdOnly,
                        digits,
                        failureShare,
                        seed,
                        Latency.always(latency),
                        broken.fault(),
                        place.lines(out));
        return new SimulatedRates(vertx, options, InstantSource.system()).start();
    }
}
