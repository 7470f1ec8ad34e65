package dev.holdfast.rates.source;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestView;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Seen;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.Rates;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Fetches days through the engine: each is a request to an internal upstream, so the source's quota
 * is kept on disk like any other (P1), a day that was fetched once is in the store for good, and a
 * fetch that outlives its callers goes on. A fetch is one call: when it fails, the next message
 * that needs the day makes another, through the same quota.
 */
public final class EngineFetcher implements DayFetcher {
    /** The internal upstream's name. */
    public static final String UPSTREAM = "rates";

    /** The client that the engine's requests for days belong to. */
    public static final String CLIENT = "(rates)";

    /** Days that may wait for a slot at once. */
    public static final int MAX_PENDING = 1000;

    /** Past days kept in the store; every source's history has fewer until the year 2050. */
    private static final long MAX_DAYS_KEPT = 20_000;

    private static final long MAX_NEWEST_KEPT = 100;
    private static final Duration FOR_GOOD = Duration.ofDays(365L * 100);

    /** How long a day waits for its slot before it is of no use; whoever still needs it asks. */
    private static final Duration EXPIRES_IN = Duration.ofMinutes(10);

    private static final Duration FOLLOW_AT_MOST = Duration.ofSeconds(30);

    private final Engine engine;
    private final int client;
    private final RateSource source;
    private final SourceUpstream upstream;
    private final Rates.Settings settings;

    /**
     * Over a running engine that has {@link #policy} and {@link #routes}.
     *
     * @param client the number of {@link #CLIENT}
     */
    public EngineFetcher(
            Engine engine,
            int client,
            RateSource source,
            SourceUpstream upstream,
            Rates.Settings settings) {
        this.engine = engine;
        this.client = client;
        this.source = source;
        this.upstream = upstream;
        this.settings = settings;
    }

    /** A rate that is asked for now is of no use in five minutes. */
    private static final BreakerPolicy BREAKER =
            new BreakerPolicy(
                    BreakerPolicy.DEFAULT.failures(),
                    BreakerPolicy.DEFAULT.pause(),
                    Duration.ofSeconds(30));

    /** How the engine is to call the source: within the quota, each call once. */
    public static UpstreamPolicy policy(Quota quota) {
        Duration pause = Duration.ofSeconds(1);
        return new UpstreamPolicy(
                UPSTREAM,
                quota,
                Collections.emptySortedMap(),
                concurrency(quota),
                SourceUpstream.TIMEOUT,
                new RetryPolicy(RetryPolicy.Backoff.FIXED, pause, pause, 0, 1, EXPIRES_IN),
                BREAKER,
                null,
                MAX_PENDING,
                null);
    }

    /** Calls at once. */
    public static int concurrency(Quota quota) {
        return quota.windows().isEmpty() ? 10 : Math.min(10, quota.largestLimit());
    }

    /** The kinds of calls: past days are kept for good, the newest until shortly before it ages. */
    public static List<RoutePolicy> routes(Rates.Settings settings) {
        return List.of(
                new RoutePolicy(
                        SourceUpstream.HISTORICAL,
                        UPSTREAM,
                        true,
                        FOR_GOOD,
                        MAX_DAYS_KEPT,
                        SourceUpstream.shape()),
                new RoutePolicy(
                        SourceUpstream.LATEST,
                        UPSTREAM,
                        true,
                        newestFor(settings),
                        MAX_NEWEST_KEPT,
                        SourceUpstream.shape()));
    }

    /** Less than the age of a refresh, or a refresh would find what it is to replace. */
    private static Duration newestFor(Rates.Settings settings) {
        return settings.refreshAfter().multipliedBy(15).dividedBy(16);
    }

    @Override
    public LocalDate historyStart() {
        return source.historyStart();
    }

    @Override
    public CompletionStage<Fetched> fetch(LocalDate day, boolean newest) {
        SortedMap<String, String> params = new TreeMap<>();
        params.put(SourceUpstream.DAY, day.toString());
        Ask ask =
                new Ask(
                        client,
                        MAX_PENDING,
                        newest ? SourceUpstream.LATEST : SourceUpstream.HISTORICAL,
                        params,
                        settings.answerWithin(),
                        null,
                        new Ask.Extras(null, null, EXPIRES_IN, null));
        return engine.submit(ask).thenApply(answer -> fetched(day, answer));
    }

    private Fetched fetched(LocalDate day, Answer answer) {
        return switch (answer) {
            case Answer.Ready(RequestView view, Answer.Origin origin) -> ended(day, view.request());
            case Answer.Receipt(RequestView view, _, _) -> later(day, view);
            case Answer.Refused refused -> new Failed(refused(refused));
            case Answer.Uncertain _ -> new Failed(new RateError.StoreUnavailable());
        };
    }

    private RateError refused(Answer.Refused refused) {
        Duration after = refused.retryAfter();
        return switch (refused.refusal()) {
            case STORE_UNAVAILABLE -> new RateError.StoreUnavailable();
            case TOO_MANY_PENDING, TOO_MUCH_KEPT, STORE_FULL, QUEUE_FULL ->
                    new RateError.Overloaded("days");
            case DEADLINE_UNREACHABLE, IDEMPOTENCY_KEY_REUSED, COST_OVER_LIMIT ->
                    new RateError.OutOfQuota(after == null ? null : wall().plus(after));
        };
    }

    private Later later(LocalDate day, RequestView view) {
        RequestRecord request = view.request();
        CompletionStage<Ended> end = end(day, request);
        if (request.status() == Status.RUNNING) {
            return new Later(null, new RateError.TooSlow(day, settings.answerWithin()), end);
        }
        Instant expected = wall().plusSeconds(view.lookAgainSeconds());
        return new Later(expected.minusSeconds(1), new RateError.OutOfQuota(expected), end);
    }

    private CompletionStage<Ended> end(LocalDate day, RequestRecord request) {
        return engine.follow(
                        new Viewer(client, false),
                        request.id(),
                        new Seen(request.status(), request.attempts()),
                        FOLLOW_AT_MOST)
                .handle((found, error) -> found == null ? null : found.orElse(null))
                .thenCompose(
                        found -> {
                            if (found == null) {
                                return CompletableFuture.completedStage(
                                        new Failed(new RateError.StoreUnavailable()));
                            }
                            return found.request().status().isFinal()
                                    ? CompletableFuture.completedStage(ended(day, found.request()))
                                    : end(day, found.request());
                        });
    }

    private Ended ended(LocalDate day, RequestRecord request) {
        RateError told = upstream.takeLastError(day);
        DayRates provisional = upstream.takeProvisional(day);
        if (provisional != null) {
            return new Got(provisional, wall());
        }
        if (request.status() != Status.SUCCEEDED || request.result() == null) {
            return new Failed(told != null ? told : error(day, request));
        }
        return switch (source.read(day, request.result().status(), request.result().body())) {
            case SourceAnswer.Rates rates -> new Got(rates.rates(), gotAt(request));
            case SourceAnswer.Failure failure -> new Failed(failure.error());
        };
    }

    /** When the source gave them: a result from the cache is older than its request. */
    private Instant gotAt(RequestRecord request) {
        Instant cachedUntil = request.cachedUntil();
        if (cachedUntil == null || !request.route().equals(SourceUpstream.LATEST)) {
            return wall();
        }
        Duration left = Duration.between(engine.store().clock().instant(), cachedUntil);
        Duration age = newestFor(settings).minus(left);
        return wall().minus(age.isNegative() ? Duration.ZERO : age);
    }

    /** What the record says of the failure, when the call was not ours (another replica's). */
    private RateError error(LocalDate day, RequestRecord request) {
        Failure failure = request.failure();
        if (failure == null || failure.upstreamStatus() == null) {
            return request.status() == Status.EXPIRED
                    ? new RateError.OutOfQuota(null)
                    : new RateError.Unreachable("no answer");
        }
        String body = failure.upstreamBody() == null ? "" : failure.upstreamBody();
        RateError error =
                SourceUpstream.error(
                        source, day, new Outcome.Rejected(failure.upstreamStatus(), body));
        return error == null ? new RateError.Unreachable("no answer") : error;
    }

    private Instant wall() {
        return engine.store().wall().instant();
    }
}
