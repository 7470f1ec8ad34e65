package dev.holdfast.request;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The rules by which a job moves on; pure. */
public final class Lifecycle {
    private Lifecycle() {}

    /**
     * What is known of a job when one of its attempts settles.
     *
     * @param charged attempts charged before this one
     * @param age time since the job was accepted
     * @param repeatable whether it may be called again when it is not known if a call took effect
     */
    public record Standing(int charged, Duration age, boolean repeatable) {}

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
            case Outcome.Done(Result result) -> new Decision.Succeed(result);
            case Outcome.Rejected(int status, String body) ->
                    new Decision.Fail(new Failure(Failure.Reason.REJECTED, status, body));
            case Outcome.Unusable(var kind, int status, String detail) ->
                    new Decision.Fail(new Failure(kind.reason(), status, null, detail));
            case Outcome.Throttled(@Nullable Duration retryAfter) -> {
                Duration closed = retryAfter == null ? quotaWindow : retryAfter;
                yield new Decision.Retry(closed, false, closed);
            }
            case Outcome.Failed failed -> afterFailure(job, failed, policy, random);
        };
    }

    private static Decision afterFailure(
            Standing job, Outcome.Failed failed, RetryPolicy policy, RandomGenerator random) {
        if (failed.uncertain() && !job.repeatable()) {
            return fail(Failure.Reason.UNCERTAIN, failed);
        }
        boolean charged = failed.why() != Outcome.Why.CRASH;
        int failures = job.charged() + (charged ? 1 : 0);
        if (policy.maxAttempts() > 0 && failures >= policy.maxAttempts()) {
            return fail(Failure.Reason.MAX_ATTEMPTS, failed);
        }
        Duration wait = charged ? policy.delay(failures, random) : Duration.ZERO;
        Duration left = policy.giveUpAfter().minus(job.age());
        if (wait.compareTo(left) > 0) {
            return fail(Failure.Reason.GAVE_UP, failed);
        }
        Duration asked = failed.retryAfter();
        if (asked != null && asked.compareTo(wait) > 0) {
            // One that asks for more time than there is gets a last call at the end of it.
            wait = asked.compareTo(left) > 0 ? left : asked;
        }
        return new Decision.Retry(wait, charged, null);
    }

    private static Decision fail(Failure.Reason reason, Outcome.Failed failed) {
        return new Decision.Fail(new Failure(reason, failed.status(), null));
    }
}
