package dev.holdfast.gateway.server;

import org.jspecify.annotations.Nullable;

/** Sees each request of a caller, for traces; called on event loops, neither blocks nor throws. */
@FunctionalInterface
public interface RequestTraces {
    /** Looks away. */
    RequestTraces NONE = (_, _, _, _) -> null;

    /**
     * A request came.
     *
     * @param route the path's template
     * @param requestId its name in the logs and in X-Request-Id
     * @param traceparent the trace it is part of (W3C Trace Context), as the caller says, or null
     */
    @Nullable Span begin(
            String method, String route, String requestId, @Nullable String traceparent);

    /** One request. */
    interface Span {
        /** What those are told of the trace who work for it (W3C Trace Context). */
        String traceparent();

        /** Its answer starts. */
        void answered(int status);
    }
}
