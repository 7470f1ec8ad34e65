package dev.holdfast.request;

import dev.holdfast.pace.Past;
import dev.holdfast.pace.RetryPolicy;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The rules by which a job moves on; pure. */
public final class Lifecycle {
    /**
     * However short a time an upstream asks for, it is left alone so long: one without quota would
     * be called in a loop.
     */
    static final Duration SHORTEST_CLOSING = Duration.ofSeconds(1);

    private Lifecycle() {}

    /**
     * What is known of a job when one of its attempts settles.
     *
     * @param charged attempts charged before this one
     * @param age time since the job was accepted
     * @param repeatable whether it may be called again when it is not known if a call took effect
     * @param past what its next wait may go by
     * @param absent for how long the upstream is to be left alone since nobody is at home; null if
     *     somebody is. Then not the job is at fault
     */
    public record Standing(
            int charged, Duration age, boolean repeatable, Past past, @Nullable Duration absent) {
        /** Of one whose route has no past. */
        public Standing(int charged, Duration age, boolean repeatable) {
            this(charged, age, repeatable, Past.NONE, null);
        }
    }

    /**
     * Decides what happens next.
     *
     * @param quotaWindow how long the upstream stays closed after a 429 without Retry-After: the
     *     shortest window of its quota, or some default where it has none
     */
    public static Decision decide(
            Standing job,
            Outcome outcome,
            RetryPolicy policy,
            Duration quotaWindow,
            RandomGenerator random) {
        return switch (outcome) {
            case Outcome.Done(Result result, _) -> new Decision.Succeed(result);
            case Outcome.Rejected refused ->
                    new Decision.Fail(
                            new Failure(
                                    Failure.Reason.REJECTED,
                                    refused.status(),
                                    refused.body(),
                                    refused.detail(),
                                    refused.original()));
            case Outcome.Unusable(var kind, int status, String detail) ->
                    new Decision.Fail(new Failure(kind.reason(), status, null, detail));
            case Outcome.Unsendable(String why) ->
                    new Decision.Fail(
                            new Failure(
                                    Failure.Reason.REJECTED, Outcome.Unsendable.STATUS, why, null));
            case Outcome.Unauthorized _ ->
                    again(
                            job,
                            policy,
                            StatusRules.UNAUTHORIZED,
                            Duration.ZERO,
                            new Decision.Retry(
                                    Duration.ZERO, false, new Decision.Closing.Unauthorized()));
            case Outcome.Throttled(int status, @Nullable Duration asked) -> {
                Duration closed = asked == null ? quotaWindow : longer(asked, SHORTEST_CLOSING);
                yield again(
                        job,
                        policy,
                        status,
                        Duration.ZERO,
                        // The upstream waits, not the job: whoever ends that wait ends all of it.
                        new Decision.Retry(Duration.ZERO, false, new Decision.Closing.For(closed)));
            }
            case Outcome.Stale() ->
                    again(
                            job,
                            policy,
                            StatusRules.UNAUTHORIZED,
                            Duration.ZERO,
                            new Decision.Retry(Duration.ZERO, false, null));
            case Outcome.Uncalled(@Nullable Duration pause) ->
                    again(
                            job,
                            policy,
                            null,
                            Duration.ZERO,
                            new Decision.Retry(
                                    Duration.ZERO,
                                    false,
                                    pause == null
                                            ? new Decision.Closing.Unauthorized()
                                            : new Decision.Closing.For(
                                                    longer(pause, SHORTEST_CLOSING))));
            case Outcome.Failed failed -> afterFailure(job, failed, policy, random);
        };
    }

    private static Decision afterFailure(
            Standing job, Outcome.Failed failed, RetryPolicy policy, RandomGenerator random) {
        Duration absent = job.absent();
        var later = absent == null ? null : new Decision.Closing.Absent(absent);
        if (failed.uncertain() && !job.repeatable()) {
            // This one is lost; those behind it need not be.
            return new Decision.Fail(
                    new Failure(Failure.Reason.UNCERTAIN, failed.status(), null), later);
        }
        if (later != null) {
            return again(
                    job,
                    policy,
                    failed.status(),
                    Duration.ZERO,
                    new Decision.Retry(Duration.ZERO, false, later));
        }
        boolean charged = failed.why() != Outcome.Why.CRASH;
        int failures = job.charged() + (charged ? 1 : 0);
        if (policy.maxAttempts() > 0 && failures >= policy.maxAttempts()) {
            return fail(Failure.Reason.MAX_ATTEMPTS, failed);
        }
        Duration backoff = charged ? policy.delay(failures, job.past(), random) : Duration.ZERO;
        Duration wait = asked(failed, backoff, job, policy);
        Integer status = failed.status();
        return again(job, policy, status, backoff, new Decision.Retry(wait, charged, null));
    }

    /** One that asks for more time than there is gets a last call at the end of it. */
    private static Duration asked(
            Outcome.Failed failed, Duration backoff, Standing job, RetryPolicy policy) {
        Duration asked = failed.retryAfter();
        if (asked == null || asked.compareTo(backoff) <= 0) {
            return backoff;
        }
        return policy.allows(job.age(), asked)
                ? asked
                : longer(backoff, policy.giveUpAfter().minus(job.age()));
    }

    /**
     * The one way to another call, so that whatever leads there ends with the policy's age.
     *
     * @param backoff the policy's own wait, which must end within that age; what the upstream asks
     *     for need not
     */
    private static Decision again(
            Standing job,
            RetryPolicy policy,
            @Nullable Integer status,
            Duration backoff,
            Decision.Retry retry) {
        return policy.allows(job.age(), backoff)
                ? retry
                : new Decision.Fail(
                        new Failure(Failure.Reason.GAVE_UP, status, null), retry.closing());
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static Decision fail(Failure.Reason reason, Outcome.Failed failed) {
        return new Decision.Fail(new Failure(reason, failed.status(), null));
    }
}
