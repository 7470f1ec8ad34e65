package dev.holdfast.store;

import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.request.Body;
import dev.holdfast.request.Costs;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job whose next attempt holds a slot.
 *
 * @param job the job's number
 * @param attempt the attempt's number in the log
 * @param number of this attempt in its job, from 1
 * @param charged attempts charged to the job before this one
 * @param age time since the job was accepted
 * @param repeatable whether it may be called again when it is not known if a call took effect
 * @param upstream the upstream's name
 * @param route the route's path
 * @param params JSON object of strings
 * @param request the request that made the job, for logs
 * @param probe whether the call is a {@link dev.holdfast.quota.Verdict.Probe}
 * @param sinceFirst time since the job's first call; zero if this is it
 * @param failedAt when the last call before this one was made that the upstream failed, since the
 *     first; null if there was none. One that was throttled or found nobody tells nothing of the
 *     job
 * @param body what the call carries
 * @param costs what it was guessed to take of other units than calls
 * @param credential the name of the one of several that the call leaves with; null if there is but
 *     one, or nobody knows any more
 * @param partition whose it is, by its key; or null
 * @param headers that say who calls, where its partition has some of its own
 */
public record ClaimedJob(
        long job,
        long attempt,
        int number,
        int charged,
        Duration age,
        boolean repeatable,
        String upstream,
        String route,
        String params,
        UUID request,
        boolean probe,
        Duration sinceFirst,
        @Nullable Duration failedAt,
        Body body,
        Costs costs,
        @Nullable String credential,
        @Nullable String partition,
        OwnHeaders headers) {
    /** One of an upstream that has but one credential. */
    public ClaimedJob(
            long job,
            long attempt,
            int number,
            int charged,
            Duration age,
            boolean repeatable,
            String upstream,
            String route,
            String params,
            UUID request,
            boolean probe,
            Duration sinceFirst,
            @Nullable Duration failedAt,
            Body body,
            Costs costs) {
        this(
                job,
                attempt,
                number,
                charged,
                age,
                repeatable,
                upstream,
                route,
                params,
                request,
                probe,
                sinceFirst,
                failedAt,
                body,
                costs,
                null,
                null,
                OwnHeaders.NONE);
    }

    /** The same call, which leaves with this credential. */
    public ClaimedJob with(@Nullable String name) {
        return with(name, headers);
    }

    /** The same call, with which these are sent. */
    public ClaimedJob with(OwnHeaders own) {
        return with(credential, own);
    }

    private ClaimedJob with(@Nullable String name, OwnHeaders own) {
        return new ClaimedJob(
                job,
                attempt,
                number,
                charged,
                age,
                repeatable,
                upstream,
                route,
                params,
                request,
                probe,
                sinceFirst,
                failedAt,
                body,
                costs,
                name,
                partition,
                own);
    }

    /** One without a body that costs nothing but a call. */
    public ClaimedJob(
            long job,
            long attempt,
            int number,
            int charged,
            Duration age,
            boolean repeatable,
            String upstream,
            String route,
            String params,
            UUID request,
            boolean probe,
            Duration sinceFirst,
            @Nullable Duration failedAt) {
        this(
                job,
                attempt,
                number,
                charged,
                age,
                repeatable,
                upstream,
                route,
                params,
                request,
                probe,
                sinceFirst,
                failedAt,
                Body.none(),
                Costs.NONE,
                null,
                null,
                OwnHeaders.NONE);
    }

    /**
     * The one of several credentials that an answer speaks of; null if there is but one, or its
     * partition's own headers said who called.
     */
    public @Nullable String spokenOf() {
        return headers.isEmpty() ? credential : null;
    }

    /** Whether it counts in other ledgers than that of its upstream's calls. */
    public boolean isCharged() {
        return partition != null || !costs.isNothing();
    }
}
