package dev.holdfast.store.transition;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.queue.Job;
import org.jspecify.annotations.Nullable;

/** What becomes of an ask, by what is known when it comes; pure. */
public final class AskRules {
    private AskRules() {}

    /**
     * What is known.
     *
     * @param kept what the ask's own Idempotency-Key was used for before, or null
     * @param job that answers this call, or will; null if there is none
     * @param mayHit whether one more answer from the cache may be kept for the client
     * @param pending the client's unfinished requests
     * @param unfinished the upstream's jobs
     */
    public record Known(
            @Nullable Kept kept, @Nullable Job job, boolean mayHit, int pending, long unfinished) {}

    /** A request that an Idempotency-Key made, and the fingerprint of what was asked with it. */
    public record Kept(JobKey fingerprint, RequestRecord request) {}

    /** What becomes of it. */
    public sealed interface Ruling {}

    /** The caller has asked this before: it is that request. */
    public record Repeated(RequestRecord request) implements Ruling {}

    /** Nothing is written. */
    public record Refused(Accepted.Why why) implements Ruling {}

    /** It gets the result that is there. */
    public record Cached(Job job) implements Ruling {}

    /** It waits for a job that is under way. */
    public record Joined(Job job) implements Ruling {}

    /** It gets a job of its own. */
    public record Fresh() implements Ruling {}

    public static Ruling decide(Known known, NewRequest ask) {
        NewRequest.Idempotency sent = ask.idempotency();
        Kept kept = known.kept();
        if (sent != null && kept != null) {
            return kept.fingerprint().equals(sent.fingerprint())
                    ? new Repeated(kept.request())
                    : new Refused(Accepted.Why.KEY_REUSED);
        }
        Job job = known.job();
        if (job != null && job.status() == Status.SUCCEEDED) {
            return known.mayHit() ? new Cached(job) : new Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (known.pending() >= ask.maxPending()) {
            return new Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (job != null) {
            return new Joined(job);
        }
        return known.unfinished() >= ask.maxQueue()
                ? new Refused(Accepted.Why.QUEUE_FULL)
                : new Fresh();
    }

    /** Whether a job with an ask's key is under way, or its result still serves as cache. */
    public static boolean serves(Job job, long now) {
        Long cachedUntil = job.cachedUntil();
        return !job.status().isFinal() || (cachedUntil != null && cachedUntil > now);
    }
}
