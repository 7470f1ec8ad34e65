package dev.holdfast.engine;

import dev.holdfast.request.Body;
import dev.holdfast.request.JsonValue;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.Priority;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a caller wants, checked and freed of HTTP.
 *
 * @param client the client's number
 * @param maxPending requests the client may have unfinished
 * @param weight the client's: one of twice the weight has its turn twice as often, 1 to 16
 * @param route the route's path, one that the engine knows
 * @param params the route's parameters that are strings, by name
 * @param values its other parameters by name, as {@link JsonValue} has them
 * @param patience how long the caller waits for a result before it takes a receipt; zero for none;
 *     over the time of an answer only where the route or the caller wants that
 * @param cacheTtl overrides the route's, or null
 * @param extras what else it said
 * @param traceparent the trace it is part of (W3C Trace Context), or null
 * @param passed what it carries, where its route passes requests on; else null
 * @param partition of its upstream's, whose it is, by its key; or null
 * @param gone how much of the time that an answer has was gone before it was submitted
 */
public record Ask(
        int client,
        int maxPending,
        int weight,
        String route,
        SortedMap<String, String> params,
        SortedMap<String, String> values,
        Duration patience,
        @Nullable Duration cacheTtl,
        Extras extras,
        @Nullable String traceparent,
        @Nullable Passed passed,
        @Nullable String partition,
        Duration gone) {

    /** One that is in no partition. */
    public Ask(
            int client,
            int maxPending,
            int weight,
            String route,
            SortedMap<String, String> params,
            SortedMap<String, String> values,
            Duration patience,
            @Nullable Duration cacheTtl,
            Extras extras,
            @Nullable String traceparent,
            @Nullable Passed passed) {
        this(
                client,
                maxPending,
                weight,
                route,
                params,
                values,
                patience,
                cacheTtl,
                extras,
                traceparent,
                passed,
                null,
                Duration.ZERO);
    }

    /** One of the usual weight whose parameters are strings and that is part of no trace. */
    public Ask(
            int client,
            int maxPending,
            String route,
            SortedMap<String, String> params,
            Duration patience,
            @Nullable Duration cacheTtl,
            Extras extras) {
        this(
                client,
                maxPending,
                1,
                route,
                params,
                Collections.emptySortedMap(),
                patience,
                cacheTtl,
                extras,
                null,
                null);
    }

    /** The same of a caller who waits so long. */
    public Ask waiting(Duration time) {
        return with(time, traceparent, passed, partition, gone);
    }

    /** The same, which comes so much later than its caller asked. */
    public Ask late(Duration by) {
        return with(patience, traceparent, passed, partition, by);
    }

    /**
     * The same in a partition of its upstream.
     *
     * @param key whose it is: 1 to {@link dev.holdfast.request.PartitionBy#MAX_KEY_BYTES} bytes in
     *     UTF-8, none of them control characters
     * @throws IllegalArgumentException if it is not
     */
    public Ask in(String key) {
        String wrong = PartitionBy.wrong(key);
        if (wrong != null) {
            throw new IllegalArgumentException("a partition's key " + wrong);
        }
        return with(patience, traceparent, passed, key, gone);
    }

    /** The same of a route that passes requests on. */
    public Ask passing(Passed what) {
        return with(patience, traceparent, what, partition, gone);
    }

    /** The same as part of a trace, or of none. */
    public Ask within(@Nullable String trace) {
        return trace == null ? this : with(patience, trace, passed, partition, gone);
    }

    private Ask with(
            Duration time,
            @Nullable String trace,
            @Nullable Passed what,
            @Nullable String whose,
            Duration late) {
        return new Ask(
                client,
                maxPending,
                weight,
                route,
                params,
                values,
                time,
                cacheTtl,
                extras,
                trace,
                what,
                whose,
                late);
    }

    /** Nothing beside the parameters. */
    public static final Extras NO_EXTRAS = new Extras(null, null, null, null);

    /**
     * What an ask may say beside its parameters.
     *
     * @param webhook where to tell when it ends, or null
     * @param clientRequestId the caller's own reference, or null
     * @param expiresIn time after which the result is of no use, or null
     * @param idempotencyKey or null
     * @param priority what goes first
     * @param notBefore before when it is not called, or null
     */
    public record Extras(
            @Nullable Webhook webhook,
            @Nullable String clientRequestId,
            @Nullable Duration expiresIn,
            @Nullable String idempotencyKey,
            Priority priority,
            @Nullable NotBefore notBefore) {
        /** Of the usual priority. */
        public Extras(
                @Nullable Webhook webhook,
                @Nullable String clientRequestId,
                @Nullable Duration expiresIn,
                @Nullable String idempotencyKey) {
            this(webhook, clientRequestId, expiresIn, idempotencyKey, Priority.NORMAL, null);
        }

        /** Whether a result that is known is all that it takes. */
        boolean wantNothing() {
            return webhook == null
                    && clientRequestId == null
                    && expiresIn == null
                    && idempotencyKey == null;
        }
    }

    /**
     * What a route that passes requests on takes beside its parameters, which say all that tells
     * one request from another.
     *
     * @param body as it came
     * @param repeatable whether a call may be made again when it is not known if it took effect
     * @param whole whether the body was kept; of one that was not, for lack of room, only what is
     *     known or under way is given
     */
    public record Passed(Body body, boolean repeatable, boolean whole) {
        /** One whose body was kept. */
        public Passed(Body body, boolean repeatable) {
            this(body, repeatable, true);
        }
    }

    /** A webhook: its checked URL and the caller's own headers. */
    public record Webhook(URI url, Map<String, String> headers) {}
}
