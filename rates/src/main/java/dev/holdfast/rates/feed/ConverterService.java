package dev.holdfast.rates.feed;

import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.VertxTimers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The whole converter: its rates, the session with the feed if there is one, and its doors. */
public final class ConverterService {
    private final RatesMetrics metrics = new RatesMetrics();
    private final Rates rates;
    private final Answering answering;
    private final @Nullable Feed feed;
    private final ConvertRoutes routes;

    /**
     * What may be configured.
     *
     * @param feed where the trade feed is, or null for none
     * @param target the currency that stakes are converted to
     */
    public record Options(
            @Nullable FeedAddress feed,
            String target,
            Conversion conversion,
            Rates.Settings rates) {}

    /**
     * A converter that has not begun.
     *
     * @param fetcher the way to the source of rates
     * @param wall wall time
     */
    public ConverterService(
            Vertx vertx,
            Options options,
            DayFetcher fetcher,
            InstantSource wall,
            RandomGenerator random) {
        var timers = new VertxTimers(vertx);
        rates = new Rates(fetcher, wall, timers, metrics, options.rates());
        var converter = new Converter(rates, options.conversion());
        answering = new Answering(converter, options.target(), wall, metrics);
        FeedAddress address = options.feed();
        feed = address == null ? null : new Feed(vertx, address, answering, random);
        routes = new ConvertRoutes(vertx, answering, wall);
    }

    /** Begins; done when the session runs, connected or not. */
    public Future<Void> start() {
        return feed == null ? Future.succeededFuture() : feed.start();
    }

    /** Answers what is in hand, feed and streams at once, and closes with 1001; within 5 s. */
    public Future<Void> stop() {
        Future<Void> feedStopped = feed == null ? Future.succeededFuture() : feed.stop();
        return Future.join(feedStopped, routes.stop()).mapEmpty();
    }

    /** Its doors for callers. */
    public ConvertRoutes routes() {
        return routes;
    }

    /** The newest messages and their answers. */
    public RecentMessages recent() {
        return answering.recent();
    }

    /** The currency that stakes are converted to. */
    public String target() {
        return answering.target();
    }

    /** The rates of the newest day at hand, or null before there are any; fetches nothing. */
    public @Nullable DayRates newestRates() {
        return rates.newest();
    }

    /** What it counts. */
    public RatesMetrics metrics() {
        return metrics;
    }
}
