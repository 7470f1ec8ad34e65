package dev.holdfast.http;

import dev.holdfast.request.Failure;

/** What to do about each kind of problem and each reason of a failure, in words. */
public final class Advice {
    private Advice() {}

    /** What its page at {@code /problems/{name}} says. */
    public static String about(Problem.Kind kind) {
        return switch (kind) {
            case INVALID_REQUEST ->
                    "Correct what errors lists, each by its field, and send it again. Nothing was"
                            + " kept of it.";
            case UNAUTHORIZED ->
                    "Send a client's key: Authorization as it is, as Bearer KEY or by Basic, or"
                            + " X-Api-Key. holdfast keys create NAME makes one, keys list says"
                            + " which have ended.";
            case FORBIDDEN ->
                    "Ask with an admin's key (holdfast keys create NAME --admin), or, from a"
                            + " page of another site, with a key at all.";
            case NOT_FOUND ->
                    "Look at the path, and whether the thing is another client's or was forgotten"
                            + " after store.retention. /openapi.yaml has all paths.";
            case METHOD_NOT_ALLOWED -> "Use a method that the Allow header names.";
            case REQUEST_TIMEOUT -> "The body came too slowly or not at all; send it again.";
            case ALREADY_DONE -> "Nothing is to be done: GET the request to see how it ended.";
            case NOT_WAITING ->
                    "GET the request to see where it stands: only what has not been called yet has a"
                            + " time, and what has ended or is being called has no priority.";
            case NOT_FAILED ->
                    "GET the request to see where it stands; what is cancelled or expired is asked"
                            + " for anew.";
            case ROUTE_GONE ->
                    "A reload or a start took its route or its upstream out. Have them put back, or"
                            + " ask by a route that is configured.";
            case REQUEST_CANCELLED -> "Ask again if the result is still wanted.";
            case CONTENT_TOO_LARGE ->
                    "Send less; the detail says how much is taken. For a route that passes requests"
                            + " on, pass.body in the configuration says it.";
            case URI_TOO_LONG -> "Send the parameters in the body of a POST.";
            case UNSUPPORTED_MEDIA_TYPE ->
                    "Send application/json or application/x-www-form-urlencoded.";
            case IDEMPOTENCY_KEY_REUSED ->
                    "Send the first request unchanged to get its result, or use a new key for a new"
                            + " one. A key is kept for 24 hours.";
            case WEBHOOK_URL_FORBIDDEN ->
                    "Use a public https or http address. One that is not public must be in"
                            + " webhooks.allow-networks.";
            case COST_OVER_LIMIT ->
                    "It costs more than the quota ever has at once: ask for less, such as fewer"
                            + " tokens, or have the quota raised.";
            case NOT_CONVERTIBLE ->
                    "The detail says why: a currency, an amount or a day that there is no rate for."
                            + " Asking again brings the same.";
            case UPSTREAM_REJECTED -> about(Failure.Reason.REJECTED);
            case TOO_MANY_PENDING ->
                    "Wait until some of this client's requests are done, or have max-pending"
                            + " raised.";
            case TOO_MUCH_KEPT ->
                    "Wait until some of what is kept for this client is forgotten"
                            + " (store.retention), send less at once, or have its bound raised.";
            case HEADERS_TOO_LARGE -> "Send fewer or shorter headers.";
            case INTERNAL_ERROR ->
                    "A fault of the gateway's own: the operator finds it in the log by the"
                            + " request_id.";
            case UPSTREAM_FAILED -> upstreamFailed();
            case OVERLOADED -> "Send it again after Retry-After; nothing was kept of it.";
            case DEADLINE_UNREACHABLE ->
                    "The queue is longer than expires_in: allow more time, or send it later.";
            case QUEUE_FULL ->
                    "Send it again after Retry-After. The operator sees at /v1/upstreams whether the"
                            + " upstream is called at all.";
            case RATES_UNAVAILABLE ->
                    "Ask again after Retry-After: the source of rates does not answer or has no"
                            + " quota left.";
            case STORE_FULL ->
                    "Send it again after Retry-After. The operator shortens store.retention or"
                            + " raises the bound in the configuration.";
            case STORE_UNAVAILABLE ->
                    "Ask again after Retry-After. If the detail says that it is not known whether a"
                            + " request was kept, repeat it with the same Idempotency-Key. The"
                            + " operator looks at the disk or the database, and at /readyz.";
            case TOO_MANY_HELD -> "Poll without Prefer: wait, or have a webhook tell you.";
            case REQUEST_EXPIRED -> "Ask again with a longer expires_in, or without one.";
            case HTTP_VERSION_NOT_SUPPORTED -> "Use HTTP/1.1 or HTTP/2.";
        };
    }

    /** What to do about a request that failed so. */
    static String about(Failure.Reason reason) {
        return switch (reason) {
            case REJECTED ->
                    "The upstream refuses what was asked, and says in upstream_body why: correct it"
                            + " and ask anew. If it should have been called again, add its status"
                            + " to the route's rules (docs/answers.md).";
            case MAX_ATTEMPTS ->
                    "As many calls failed as max-attempts allows; /attempts says how. Once the"
                            + " upstream is well, POST /v1/requests/{id}/retry.";
            case GAVE_UP ->
                    "No call succeeded within give-up-after; /attempts says how they failed. Once"
                            + " the upstream is well, POST /v1/requests/{id}/retry.";
            case UNCERTAIN ->
                    "The call may have taken effect, and this route is not repeatable: look at the"
                            + " upstream whether it did before POST /v1/requests/{id}/retry.";
            case RESULT_TOO_LARGE ->
                    "The upstream did it, but its answer is larger than result.max: raise that, and"
                            + " mind that a retry does it again.";
            case RESULT_UNREADABLE ->
                    "The upstream did it, but its answer is not what result.from wants; the failure's"
                            + " detail says what is wrong with it. Correct the route, and mind that"
                            + " a retry does it again.";
        };
    }

    private static String upstreamFailed() {
        StringBuilder text = new StringBuilder("The failure's reason says what to do:\n");
        for (Failure.Reason reason : Failure.Reason.values()) {
            if (reason != Failure.Reason.REJECTED) {
                text.append('\n').append(reason.wire()).append(": ").append(about(reason));
            }
        }
        return text.toString();
    }
}
