package dev.holdfast.app.serve;

import dev.holdfast.app.config.RatesSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.gateway.console.ConverterView;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.quota.Quota;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.feed.ConvertRoutes;
import dev.holdfast.rates.feed.ConverterService;
import dev.holdfast.rates.feed.FeedAddress;
import dev.holdfast.rates.source.EcbFetcher;
import dev.holdfast.rates.source.EcbHistory;
import dev.holdfast.rates.source.EngineFetcher;
import dev.holdfast.rates.source.RateSource;
import dev.holdfast.rates.source.SourceUpstream;
import dev.holdfast.store.Contents;
import dev.holdfast.store.Store;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All that has to do with the converter, put together: what it adds to the engine before that
 * starts, and what runs on the engine afterwards.
 */
public final class ConverterSide {
    private final Vertx vertx;
    private final RatesSettings settings;
    private final Rates.Settings rates;
    private final InstantSource wall = InstantSource.system();

    /** Null when the source is the ECB's history, which needs no calls. */
    private final @Nullable Source source;

    private @Nullable ConverterService service;

    private record Source(RateSource api, HttpUpstream http, SourceUpstream upstream) {}

    /**
     * A converter that has not begun.
     *
     * @throws Failure if the source's settings cannot be used
     */
    public ConverterSide(Vertx vertx, RatesSettings settings) {
        this.vertx = vertx;
        this.settings = settings;
        this.rates =
                new Rates.Settings(
                        settings.cache(), Rates.Settings.DEFAULT.answerWithin(), settings.maxAge());
        this.source = settings.source() == RatesSettings.Source.ECB ? null : open();
        checkTls(settings);
    }

    private Source open() {
        try {
            RateSource api = api(settings);
            var http =
                    new HttpUpstream(
                            vertx,
                            options(api, settings),
                            wall,
                            Contents.NONE,
                            CalledUpstreams.MEMORY,
                            () -> 0);
            return new Source(api, http, new SourceUpstream(api, http));
        } catch (IllegalArgumentException e) {
            throw refused(e);
        }
    }

    /**
     * Checks all that a start would, and opens nothing.
     *
     * @throws Failure if the source's settings cannot be used
     */
    public static void check(RatesSettings settings) {
        try {
            if (settings.source() != RatesSettings.Source.ECB) {
                HttpUpstream.check(options(api(settings), settings));
            }
        } catch (IllegalArgumentException e) {
            throw refused(e);
        }
    }

    private static void checkTls(RatesSettings settings) {
        try {
            Policies.tls(settings.tls()).check();
        } catch (IllegalArgumentException e) {
            throw refused(e);
        }
    }

    private static Failure refused(IllegalArgumentException e) {
        return Failure.usage("holdfast: rates: " + e.getMessage());
    }

    private static RateSource api(RatesSettings settings) {
        String name = settings.source().name().toLowerCase(Locale.ROOT).replace('_', '-');
        String key = settings.apiKey();
        return RateSource.named(name, key == null ? "" : key);
    }

    private static HttpUpstreamOptions options(RateSource api, RatesSettings settings) {
        return SourceUpstream.options(
                api,
                settings.url(),
                settings.verifyTls(),
                Policies.tls(settings.tls()),
                EngineFetcher.concurrency(new Quota(settings.quota())),
                settings.proxies());
    }

    private Quota quota() {
        return new Quota(settings.quota());
    }

    /** Adds the source's upstream to what the engine is made of. */
    public void addTo(
            Map<String, Upstream> upstreams,
            List<UpstreamPolicy> policies,
            List<RoutePolicy> routes) {
        if (source != null) {
            upstreams.put(EngineFetcher.UPSTREAM, source.upstream());
            policies.add(EngineFetcher.policy(quota()));
            routes.addAll(EngineFetcher.routes(rates));
        }
    }

    /** Shows what came on the connections to the source besides answers. */
    void bindWire(MeterRegistry registry) {
        if (source != null) {
            WireMeters.bind(source.http().wire(), EngineFetcher.UPSTREAM, registry);
        }
    }

    /** Begins, on an engine that runs. Blocking. */
    public Future<Void> start(Engine engine, Store store) {
        var options =
                new ConverterService.Options(
                        settings.feed() == null
                                ? null
                                : new FeedAddress(
                                        settings.feed(),
                                        settings.verifyTls(),
                                        Policies.tls(settings.tls()),
                                        settings.proxies()),
                        settings.target(),
                        new Conversion(settings.scale(), settings.rounding()),
                        rates);
        service =
                new ConverterService(
                        vertx, options, fetcher(engine, store), wall, RandomGenerator.getDefault());
        return service.start();
    }

    private DayFetcher fetcher(Engine engine, Store store) {
        if (source == null) {
            return new EcbFetcher(EcbHistory.load(), wall);
        }
        int client =
                store.clients()
                        .put(EngineFetcher.CLIENT, null, false, EngineFetcher.MAX_PENDING)
                        .id();
        return new EngineFetcher(engine, client, source.api(), source.upstream(), rates);
    }

    /** Its doors for callers, once it has begun. */
    ConvertRoutes routes() {
        return begun().routes();
    }

    /** What the console shows of it, once it has begun. */
    ConverterView page() {
        return new ConverterPage(begun(), wall);
    }

    /** What it counts, once it has begun. */
    public RatesMetrics metrics() {
        return begun().metrics();
    }

    private ConverterService begun() {
        if (service == null) {
            throw new IllegalStateException("the converter has not begun");
        }
        return service;
    }

    /** Answers what is in hand and closes with 1001; done within 5 s. */
    public Future<Void> stop() {
        return service == null ? Future.succeededFuture() : service.stop();
    }

    /** Closes the connections to the source; after the engine has ended. */
    public void close() {
        if (source != null) {
            source.http().close();
        }
    }
}
