package dev.holdfast.rates.source;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.CallBody;
import dev.holdfast.outbound.HttpCallTemplate;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A rates API as an upstream of the engine, so that the engine's quota, ledger and cache hold for
 * it too. It calls through another upstream and judges what came: a page with status 200, or a
 * refusal with one, is no success. It remembers for each call under way what went wrong last, in
 * words.
 */
public final class SourceUpstream implements Upstream {
    /** Route of a past day's rates; parameter {@link #DAY}. */
    public static final String HISTORICAL = "/rates/historical";

    /** Route of the newest rates; parameters {@link #DAY} (today) and whatever tells asks apart. */
    public static final String LATEST = "/rates/latest";

    /** The parameter that has the day, as ISO 8601. */
    public static final String DAY = "day";

    /** The longest a call to a rates API may take. */
    public static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** Errors remembered at once. */
    private static final int MAX_REMEMBERED = 10_000;

    /**
     * The source says its quota is used up, though ours is not. To the engine this is a failure
     * like any other: it would close the upstream for a whole window, and the converter, which
     * tries again when it is asked and never more often than the quota allows, would miss that the
     * source is well again.
     */
    private static final Outcome.Failed THROTTLED =
            new Outcome.Failed(Outcome.Why.STATUS, 429, null, false);

    private static final RateError NOT_JSON =
            new RateError.NotRates("something that is not its JSON");

    private final RateSource source;
    private final Upstream http;
    private final Map<LocalDate, RateError> lastErrors = new ConcurrentHashMap<>();
    private final Map<LocalDate, DayRates> provisional = new ConcurrentHashMap<>();

    /** Over {@code http}, which was made with {@link #options}. */
    public SourceUpstream(RateSource source, Upstream http) {
        this.source = source;
        this.http = http;
    }

    /**
     * How the source is reached.
     *
     * @param url where the API is
     * @param tls whom to trust and who we are
     * @param concurrency calls at once
     * @param proxies which proxy the calls go through, if any
     */
    public static HttpUpstreamOptions options(
            RateSource source,
            URI url,
            boolean verifyTls,
            OutboundTls tls,
            int concurrency,
            Proxies proxies) {
        return new HttpUpstreamOptions(
                url,
                source.latest().headers(),
                TIMEOUT,
                verifyTls,
                tls,
                concurrency,
                Map.of(
                        HISTORICAL, template(source.historical("{" + DAY + "}")),
                        LATEST, template(source.latest())),
                proxies);
    }

    private static HttpCallTemplate template(SourceCall call) {
        return new HttpCallTemplate(
                "GET",
                call.path(),
                new LinkedHashMap<>(call.query()),
                Map.of(),
                new CallBody.None(),
                new StatusRules(Set.of(200), Set.of(400, 401, 403, 404, 422)),
                true,
                shape());
    }

    /** Results are the API's JSON as it came. */
    public static ResultShape shape() {
        return new ResultShape("rates", ResultShape.From.JSON, Map.of());
    }

    @Override
    public CompletionStage<Outcome> call(Call call) {
        LocalDate day = LocalDate.parse(call.params().getOrDefault(DAY, ""));
        boolean forGood = call.route().equals(HISTORICAL);
        return http.call(call).thenApply(outcome -> judge(day, outcome, forGood));
    }

    /** What went wrong last with this day's calls, forgotten hereby; null when nothing did. */
    public @Nullable RateError takeLastError(LocalDate day) {
        return lastErrors.remove(day);
    }

    /**
     * The rates of an earlier day that this day's last call brought, forgotten hereby; null when it
     * brought none.
     */
    public @Nullable DayRates takeProvisional(LocalDate day) {
        return provisional.remove(day);
    }

    private Outcome judge(LocalDate day, Outcome outcome, boolean forGood) {
        RateError error = null;
        if (outcome instanceof Outcome.Done done) {
            SourceAnswer answer = source.read(day, done.result().status(), done.result().body());
            if (answer instanceof SourceAnswer.Rates(DayRates rates)) {
                lastErrors.remove(day);
                return forGood && rates.isProvisional() ? keep(day, rates) : outcome;
            }
            error = ((SourceAnswer.Failure) answer).error();
        }
        Outcome judged = judge(outcome, error);
        if (lastErrors.size() < MAX_REMEMBERED) {
            lastErrors.put(day, error == null ? error(source, day, judged) : error);
        }
        return judged;
    }

    /** What succeeds is kept for good; the rates of an earlier day are kept aside instead. */
    private Outcome keep(LocalDate day, DayRates rates) {
        if (provisional.size() < MAX_REMEMBERED) {
            provisional.put(day, rates);
        }
        return new Outcome.Rejected(200, "rates of an earlier day, to be asked for again");
    }

    private static Outcome judge(Outcome outcome, @Nullable RateError error) {
        if (outcome instanceof Outcome.Throttled throttled) {
            // With a time of its own it is left alone until then, whoever asks; without, a few
            // calls find out when it is well again.
            return throttled.retryAfter() == null ? THROTTLED : throttled;
        }
        if (outcome instanceof Outcome.Unauthorized(String body)) {
            // Whoever asks is told at once, and it is tried again when the next one does.
            return new Outcome.Rejected(StatusRules.UNAUTHORIZED, body);
        }
        if (!(outcome instanceof Outcome.Done done)) {
            return outcome;
        }
        if (error == null) {
            return outcome;
        }
        String body = done.result().body();
        return switch (error.reason()) {
            case OUT_OF_QUOTA -> THROTTLED;
            case UNAUTHORIZED -> new Outcome.Rejected(StatusRules.UNAUTHORIZED, start(body));
            case REFUSED -> new Outcome.Rejected(422, start(body));
            case NO_RATES -> new Outcome.Rejected(done.result().status(), start(body));
            default -> new Outcome.Failed(Outcome.Why.GARBAGE, done.result().status(), null, false);
        };
    }

    private static String start(String body) {
        return body.substring(0, Math.min(body.length(), Outcome.Rejected.MAX_REJECTION_CHARS));
    }

    /** What an outcome means for the day, or null when it brought rates. */
    static @Nullable RateError error(RateSource source, LocalDate day, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done done -> null;
            case Outcome.Throttled throttled ->
                    throttled.status() == StatusRules.TOO_MANY_REQUESTS
                            ? new RateError.OutOfQuota(null)
                            : new RateError.SourceFailed(throttled.status());
            case Outcome.Unauthorized(String body) ->
                    refused(source, day, StatusRules.UNAUTHORIZED, body);
            case Outcome.Rejected(int status, String body, _, _) ->
                    refused(source, day, status, body);
            case Outcome.Unusable _, Outcome.Unsendable _ -> NOT_JSON;
            case Outcome.Stale _, Outcome.Uncalled _ ->
                    new RateError.Unreachable("no token to call with");
            case Outcome.Failed failed -> failed(failed);
        };
    }

    private static RateError refused(RateSource source, LocalDate day, int status, String body) {
        return source.read(day, status, body) instanceof SourceAnswer.Failure failure
                ? failure.error()
                : new RateError.SourceFailed(status);
    }

    private static RateError failed(Outcome.Failed failed) {
        return switch (failed.why()) {
            case STATUS ->
                    failed.equals(THROTTLED)
                            ? new RateError.OutOfQuota(null)
                            : new RateError.SourceFailed(
                                    failed.status() == null ? 0 : failed.status());
            case GARBAGE -> NOT_JSON;
            case TIMEOUT ->
                    new RateError.Unreachable("no answer within " + TIMEOUT.toSeconds() + " s");
            case REFUSED -> new RateError.Unreachable("no connection");
            case RESET -> new RateError.Unreachable("the connection broke");
            case CRASH -> new RateError.Unreachable("the call was cut short");
        };
    }
}
