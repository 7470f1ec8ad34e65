package dev.holdfast.engine;

import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Params;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The API behind a quota, as the engine sees it. */
public interface Upstream {

    /**
     * Makes one call. The slot for it is on disk already. The stage always completes normally, and
     * not later than the upstream's timeout; it may complete on any thread.
     */
    CompletionStage<Outcome> call(Call call);

    /**
     * For how many more calls there is room in memory, which is kept for them until {@link
     * #claimed}. At least one where none is under way, and its end is when to ask again.
     *
     * @param wanted how many there may be, at least 1
     */
    default int room(int wanted) {
        return wanted;
    }

    /** Those calls that there was room for and that are to be made are made by now. */
    default void claimed() {}

    /**
     * Has somebody hear what answers say of the quota, each before its call's outcome; on any
     * thread. Only where others use it, too.
     *
     * @param units what counts beside calls, by their names
     */
    default void listen(Set<String> units, Consumer<Said> listener) {}

    /**
     * What an answer said.
     *
     * @param requestId of the call that was answered
     * @param allowances of calls; empty if nothing
     * @param units of what counts beside calls, by their names
     * @param absurd headers that make no sense
     */
    record Said(
            String requestId,
            List<Allowance> allowances,
            Map<String, List<Allowance>> units,
            int absurd) {
        public Said {
            allowances = List.copyOf(allowances);
            units = Map.copyOf(units);
        }
    }

    /**
     * Whether a connection can be had now. Nothing is sent on it: this is no call. The stage may
     * complete on any thread; one who cannot tell says no.
     */
    default CompletionStage<Boolean> knock() {
        return CompletableFuture.completedStage(false);
    }

    /**
     * One call to make.
     *
     * @param route the route's path, as configured
     * @param all the route's parameters
     * @param attempt number of this attempt of the job, from 1
     * @param requestId id for the upstream's and our logs
     * @param traceparent the trace it is part of (W3C Trace Context), or null
     * @param body what it carries, where its route passes that on
     * @param credential the one of several that it leaves with, by its name; or null
     * @param headers that say who calls, instead of what is configured of the same name
     * @param written completes when what came of it is on disk: until then it holds memory
     */
    record Call(
            String route,
            Params all,
            int attempt,
            String requestId,
            @Nullable String traceparent,
            Body body,
            @Nullable String credential,
            OwnHeaders headers,
            CompletionStage<?> written) {
        private static final CompletionStage<?> NOTHING_TO_WRITE =
                CompletableFuture.completedStage(null);

        /** One that leaves as is configured. */
        public Call(
                String route,
                Params all,
                int attempt,
                String requestId,
                @Nullable String traceparent,
                Body body,
                @Nullable String credential,
                CompletionStage<?> written) {
            this(
                    route,
                    all,
                    attempt,
                    requestId,
                    traceparent,
                    body,
                    credential,
                    OwnHeaders.NONE,
                    written);
        }

        /** One of an upstream that has but one credential. */
        public Call(
                String route,
                Params all,
                int attempt,
                String requestId,
                @Nullable String traceparent,
                Body body) {
            this(route, all, attempt, requestId, traceparent, body, null, NOTHING_TO_WRITE);
        }

        /** How much its parameters and a body at hand have, in bytes, if their text is Latin. */
        public long sent() {
            long sent = body instanceof Body.Inline(byte[] bytes) ? bytes.length : 0;
            for (String each : all.texts().values()) {
                sent += each.length();
            }
            for (String each : all.values().values()) {
                sent += each.length();
            }
            return sent;
        }

        /** Those of its parameters that are strings, by name. */
        public Map<String, String> params() {
            return all.texts();
        }

        /** One whose parameters are strings and that is part of no trace. */
        public Call(String route, Map<String, String> params, int attempt, String requestId) {
            this(route, Params.of(params), attempt, requestId, null, Body.none());
        }
    }
}
