package dev.holdfast.app.simulate;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.simulator.door.Listen;
import dev.holdfast.simulator.feed.FeedFault;
import dev.holdfast.simulator.feed.FeedLimits;
import dev.holdfast.simulator.feed.FeedMix;
import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code holdfast simulate feed}. */
@Command(
        name = "feed",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "The trade feed, a WebSocket server that checks every answer. With --duration it ends"
                    + " with a verdict and exit status 0 or 1.",
            "Of its own: GET /_stats, POST /_control with \"fault\" and \"for_ms\" or with"
                    + " \"rate\"."
        })
final class SimulateFeedCommand implements Runnable {
    @Option(
            names = "--port",
            defaultValue = "8103",
            description = "port, 0 = any free one (default: ${DEFAULT-VALUE})")
    int port;

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description = "address to listen on (default: ${DEFAULT-VALUE})")
    String host = "127.0.0.1";

    @Option(
            names = "--duration",
            defaultValue = "0",
            converter = DurationConverter.class,
            description = "from the first connection to the verdict (0 = no end)")
    Duration duration = Duration.ZERO;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "messages a second (default: ${DEFAULT-VALUE})")
    double rate;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "settles what is sent (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(
            names = "--currency",
            description = "CODE=PARTS, may be given several times (default: as captured)")
    Map<String, Integer> currencies = Map.of();

    @Option(
            names = "--days",
            defaultValue = "8",
            description = "different dates (default: ${DEFAULT-VALUE})")
    int days;

    @Option(
            names = "--until",
            description = "the last date (default: three weeks before the newest known rate)")
    @Nullable LocalDate until;

    @Option(
            names = "--span",
            defaultValue = "60",
            description = "days from the first date to the last (default: ${DEFAULT-VALUE})")
    int span;

    @Option(
            names = "--impossible-share",
            defaultValue = "0.02",
            description = "share of messages of the future or before 1999")
    double impossibleShare;

    @Option(
            names = "--extra-share",
            defaultValue = "0.1",
            description = "share of messages with unknown fields")
    double extraShare;

    @Option(
            names = "--garbage-share",
            defaultValue = "0",
            description = "share of frames that are no messages")
    double garbageShare;

    @Option(
            names = "--fault",
            converter = FaultConverter.class,
            description =
                    "KIND@AFTER[+DURATION], may be given several times: reset, close, silence,"
                            + " no-heartbeats, half-open, refuse or garbage; e.g. silence@10s+4s")
    List<FeedFault> faults = List.of();

    @Option(
            names = "--answer-within",
            defaultValue = "2200ms",
            converter = DurationConverter.class,
            description = "the longest time to an answer (default: ${DEFAULT-VALUE})")
    Duration answerWithin = Duration.ofMillis(2200);

    @Option(
            names = "--heartbeat-gap",
            defaultValue = "1200ms",
            converter = DurationConverter.class,
            description = "the longest time between heartbeats (default: ${DEFAULT-VALUE})")
    Duration heartbeatGap = Duration.ofMillis(1200);

    @Option(
            names = "--refused-share",
            defaultValue = "0.5",
            description = "share of convertible messages that may get an error")
    double refusedShare;

    @Option(
            names = "--known-p99",
            defaultValue = "0",
            converter = DurationConverter.class,
            description = "the longest p99 of answers for known days (0 = not asked)")
    Duration knownP99 = Duration.ZERO;

    @Option(
            names = "--base",
            defaultValue = "USD",
            description =
                    "the currency the converter's source starts from: USD for freecurrencyapi, EUR"
                            + " for the others")
    String base = "USD";

    @Option(
            names = "--digits",
            defaultValue = "10",
            description = "significant digits of the source's cross rates")
    int digits;

    @Option(
            names = "--scale",
            defaultValue = "5",
            description = "decimals of a converted stake, truncated (default: ${DEFAULT-VALUE})")
    int scale;

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        var verdict =
                SimulateCommand.serve(
                        spec,
                        (vertx, _) -> start(vertx),
                        feed -> "the trade feed is on " + feed.uri(),
                        feed -> feed.verdict().toCompletableFuture());
        if (verdict == null || spec == null) {
            return;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(verdict.table());
        out.println(verdict.json());
        out.flush();
        if (!verdict.passed()) {
            throw Failure.failed("holdfast: the converter failed, see the verdict above");
        }
    }

    private SimulatedFeed start(Vertx vertx) {
        var history = ReferenceRates.load();
        var captured = FeedMix.captured(history, seed, rate);
        var mix =
                new FeedMix(
                        seed,
                        rate,
                        currencies.isEmpty() ? captured.currencies() : currencies,
                        days,
                        until == null ? captured.until() : until,
                        span,
                        impossibleShare,
                        extraShare,
                        garbageShare);
        var limits =
                new FeedLimits(
                        answerWithin,
                        heartbeatGap,
                        refusedShare,
                        knownP99,
                        base,
                        digits,
                        "EUR",
                        scale);
        var options =
                new SimulatedFeed.Options(
                        new Listen(host, port), history, mix, limits, duration, faults);
        return new SimulatedFeed(vertx, options, InstantSource.system()).start();
    }

    /** {@code silence@10s+4s}. */
    static final class FaultConverter implements ITypeConverter<FeedFault> {
        @Override
        public FeedFault convert(String text) {
            try {
                int at = text.indexOf('@');
                int plus = text.indexOf('+');
                var name = (at < 0 ? text : text.substring(0, at)).toUpperCase(Locale.ROOT);
                var kind = FeedFault.Kind.valueOf(name.replace('-', '_'));
                var duration = new DurationConverter();
                var after = text.substring(at + 1, plus < 0 ? text.length() : plus);
                return new FeedFault(
                        kind,
                        at < 0 ? Duration.ZERO : duration.convert(after),
                        plus < 0 ? kind.usual() : duration.convert(text.substring(plus + 1)));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no fault; write silence@10s+4s");
            }
        }
    }
}
