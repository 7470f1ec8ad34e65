package dev.holdfast.gateway;

import dev.holdfast.http.Problem;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;

/** The problems of requests that ended without a result. */
final class Endings {
    private Endings() {}

    static Problem problem(RequestRecord request) {
        Failure failure = request.failure();
        if (failure != null) {
            return failed(request, failure);
        }
        boolean expired = request.status() == Status.EXPIRED;
        return new Problem.Ended(
                expired ? Problem.Kind.REQUEST_EXPIRED : Problem.Kind.REQUEST_CANCELLED,
                expired
                        ? "Its expires_in passed before it was done; allow more time."
                        : "It was cancelled; send it again if it is still wanted.",
                request.id(),
                null);
    }

    private static Problem failed(RequestRecord request, Failure failure) {
        return switch (failure.reason()) {
            case REJECTED ->
                    new Problem.Ended(
                            Problem.Kind.UPSTREAM_REJECTED,
                            "The upstream says in upstream_body why; sending the same again will"
                                    + " not help.",
                            request.id(),
                            failure);
            case UNCERTAIN ->
                    new Problem.Ended(
                            Problem.Kind.UPSTREAM_FAILED,
                            "It is not known whether the call took effect; look there before you"
                                    + " retry.",
                            request.id(),
                            failure);
            case RESULT_TOO_LARGE, RESULT_UNREADABLE ->
                    new Problem.Ended(
                            Problem.Kind.UPSTREAM_FAILED,
                            "The upstream did it, but its answer cannot be the result: "
                                    + failure.detail()
                                    + ". Calling again would bring the same.",
                            request.id(),
                            failure);
            case MAX_ATTEMPTS, GAVE_UP ->
                    new Problem.Ended(
                            Problem.Kind.UPSTREAM_FAILED,
                            "Every attempt that the retry policy allows has failed; POST"
                                    + " /v1/requests/{id}/retry tries again.",
                            request.id(),
                            failure);
        };
    }
}
