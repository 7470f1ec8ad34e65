package dev.holdfast.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** Names and values of headers, made once. */
public final class Headers {
    public static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    public static final CharSequence TRACEPARENT = HttpHeaders.createOptimized("traceparent");
    public static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("cache-status");
    public static final CharSequence RATE_LIMIT = HttpHeaders.createOptimized("ratelimit");
    public static final CharSequence RATE_LIMIT_POLICY =
            HttpHeaders.createOptimized("ratelimit-policy");
    public static final CharSequence IDEMPOTENCY_KEY =
            HttpHeaders.createOptimized("idempotency-key");
    public static final CharSequence PREFER = HttpHeaders.createOptimized("prefer");
    public static final CharSequence PREFERENCE_APPLIED =
            HttpHeaders.createOptimized("preference-applied");
    public static final CharSequence WWW_AUTHENTICATE =
            HttpHeaders.createOptimized("www-authenticate");
    public static final CharSequence LAST_EVENT_ID = HttpHeaders.createOptimized("last-event-id");
    public static final CharSequence CONTENT_SECURITY_POLICY =
            HttpHeaders.createOptimized("content-security-policy");
    public static final CharSequence NO_SNIFF_NAME =
            HttpHeaders.createOptimized("x-content-type-options");
    public static final CharSequence NO_SNIFF = HttpHeaders.createOptimized("nosniff");

    /** Tells nginx and others that take its word to let a stream through as it comes. */
    public static final CharSequence ACCEL_BUFFERING =
            HttpHeaders.createOptimized("x-accel-buffering");

    public static final CharSequence API_KEY = HttpHeaders.createOptimized("x-api-key");

    public static final CharSequence NO = HttpHeaders.createOptimized("no");
    public static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");

    public static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    public static final CharSequence PROBLEM =
            HttpHeaders.createOptimized("application/problem+json");
    public static final CharSequence TEXT =
            HttpHeaders.createOptimized("text/plain; charset=utf-8");
    public static final CharSequence HTML = HttpHeaders.createOptimized("text/html; charset=utf-8");
    public static final CharSequence EVENTS = HttpHeaders.createOptimized("text/event-stream");

    /**
     * What of a request decides about an answer that is given by key (RFC 9110, section 12.5.5).
     */
    private static final CharSequence WHOSE =
            HttpHeaders.createOptimized("Authorization, X-Api-Key, Accept");

    private Headers() {}

    /** Keeps an answer that a key gave out of what others may get from a cache between. */
    public static void keepPrivate(HttpServerResponse response) {
        response.putHeader(HttpHeaders.VARY, WHOSE);
        if (!response.headers().contains(HttpHeaders.CACHE_CONTROL)) {
            response.putHeader(HttpHeaders.CACHE_CONTROL, NO_STORE);
        }
    }
}
