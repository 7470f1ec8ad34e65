package dev.holdfast.http;

import dev.holdfast.request.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Every error that a caller can see, at whatever door (RFC 9457). */
public sealed interface Problem {

    /** When asking again may help while the store is silent. */
    Duration AGAIN = Duration.ofSeconds(1);

    /** What kind of error it is. */
    Kind kind();

    /** What to do about it; holds no secret and none of the caller's values. */
    String detail();

    /**
     * The kinds, of all doors: one that is not here cannot be told, and each that is here has its
     * page. The last segment of the {@code type} is a kind's name in lower case.
     */
    enum Kind {
        INVALID_REQUEST(400, "The request is not right"),
        UNAUTHORIZED(401, "No valid key"),
        FORBIDDEN(403, "Not with this key"),
        NOT_FOUND(404, "There is no such thing"),
        METHOD_NOT_ALLOWED(405, "Not with this method"),
        REQUEST_TIMEOUT(408, "The request came too slowly"),
        ALREADY_DONE(409, "The request is done"),
        NOT_WAITING(409, "Only a request that waits is changed"),
        NOT_FAILED(409, "Only a failed request is retried"),
        ROUTE_GONE(409, "The request's route is not configured any more"),
        REQUEST_CANCELLED(409, "The request was cancelled"),
        CONTENT_TOO_LARGE(413, "The request is too large"),
        URI_TOO_LONG(414, "The URI is too long"),
        UNSUPPORTED_MEDIA_TYPE(415, "Not a content type that is read here"),
        IDEMPOTENCY_KEY_REUSED(422, "The Idempotency-Key was used for another request"),
        COST_OVER_LIMIT(422, "The request costs more than the quota ever has"),
        WEBHOOK_URL_FORBIDDEN(422, "The webhook URL may not be called"),
        NOT_CONVERTIBLE(422, "The amount cannot be converted"),
        UPSTREAM_REJECTED(422, "The upstream refuses this request"),
        TOO_MANY_PENDING(429, "Too many requests are pending"),
        TOO_MUCH_KEPT(429, "Too much is kept for this client"),
        HEADERS_TOO_LARGE(431, "The headers are too large"),
        INTERNAL_ERROR(500, "Something is wrong here"),
        UPSTREAM_FAILED(502, "The upstream kept failing"),
        OVERLOADED(503, "There is no room for the request now"),
        DEADLINE_UNREACHABLE(503, "The deadline cannot be met"),
        QUEUE_FULL(503, "The queue is full"),
        RATES_UNAVAILABLE(503, "The rates cannot be had now"),
        STORE_FULL(503, "As much is kept as may be"),
        STORE_UNAVAILABLE(503, "The store cannot write now"),
        TOO_MANY_HELD(503, "Too many answers are being held"),
        REQUEST_EXPIRED(504, "The request expired"),
        HTTP_VERSION_NOT_SUPPORTED(505, "Not a version of HTTP that is read here");

        private final int status;
        private final String title;
        private final String slug = name().toLowerCase(Locale.ROOT).replace('_', '-');

        Kind(int status, String title) {
            this.status = status;
            this.title = title;
        }

        public int status() {
            return status;
        }

        public String title() {
            return title;
        }

        /** Its name, the last segment of its type. */
        public String slug() {
            return slug;
        }

        /** The stable {@code type}, a path where the kind is explained. */
        public String type() {
            return "/problems/" + slug;
        }
    }

    /** One that needs no more words than its detail. */
    record Plain(Kind kind, String detail) implements Problem {}

    /** One that may pass. */
    record Passing(Kind kind, String detail, @Nullable Duration retryAfter) implements Problem {}

    /** What the caller sent is wrong, or too large, in these places. */
    record Invalid(Kind kind, List<Mistake> mistakes) implements Problem {
        @Override
        public String detail() {
            return mistakes.size() == 1
                    ? mistakes.getFirst().field() + ": " + mistakes.getFirst().detail()
                    : "Correct what errors lists and send it again.";
        }
    }

    /** A path that is there, but not for this method. */
    record NotAllowed(List<String> allowed) implements Problem {
        @Override
        public Kind kind() {
            return Kind.METHOD_NOT_ALLOWED;
        }

        @Override
        public String detail() {
            return "Use " + String.join(" or ", allowed) + " here.";
        }
    }

    /** A request that ended without a result while its caller waited. */
    record Ended(Kind kind, String detail, UUID request, @Nullable Failure failure)
            implements Problem {}

    /** What the caller sent is not HTTP as it should be, in this place. */
    static Problem malformed(String field, String detail) {
        return new Invalid(Kind.INVALID_REQUEST, List.of(new Mistake(field, detail)));
    }

    /** No valid key. */
    static Problem unauthorized() {
        return new Plain(
                Kind.UNAUTHORIZED,
                "Send a client's key in the Authorization header, as it is, as Bearer KEY or by"
                        + " Basic, or in X-Api-Key; holdfast keys create makes one.");
    }

    /** A web page tried to use a gateway that asks for no key. */
    static Problem webPage(String detail) {
        return new Plain(Kind.FORBIDDEN, detail);
    }

    /** A call of this cost never leaves. */
    static Problem costOverLimit() {
        return new Plain(
                Kind.COST_OVER_LIMIT,
                "Ask for less: a call of this cost never fits into the upstream's quota.");
    }

    /** A thing that is not there, or belongs to somebody else. */
    static Problem notFound(String what) {
        return new Plain(Kind.NOT_FOUND, "There is no " + what + " here.");
    }

    /** All callers together have too much in hand. */
    static Problem overloaded() {
        return new Passing(
                Kind.OVERLOADED,
                "Nothing was kept of this request, and others have the memory for it; send it again"
                        + " in a moment.",
                Duration.ofSeconds(1));
    }

    /** This machine is too busy to keep a request in the time that an answer has. */
    static Problem tooBusy() {
        return new Passing(
                Kind.OVERLOADED,
                "Nothing was kept of this request: it waited too long to be read; send it again in"
                        + " a moment.",
                AGAIN);
    }

    /**
     * It is not known whether a request was kept.
     *
     * @param request its id, if it was
     */
    record Uncertain(UUID request) implements Problem {
        @Override
        public Kind kind() {
            return Kind.STORE_UNAVAILABLE;
        }

        @Override
        public String detail() {
            return "It is not known whether this request was kept: GET /v1/requests/{id} tells when"
                    + " the store answers again. To send it again, use the same Idempotency-Key:"
                    + " then it is not done twice.";
        }
    }

    /** The client has as many unfinished requests as it may. */
    static Problem tooManyPending(@Nullable Duration retryAfter) {
        return new Passing(
                Kind.TOO_MANY_PENDING,
                "Wait until some of this client's requests are done.",
                retryAfter);
    }

    /** The client keeps as much as it may. */
    static Problem tooMuchKept(Duration retryAfter) {
        return new Passing(
                Kind.TOO_MUCH_KEPT,
                "As many bytes of this client's bodies and results are kept as may be"
                        + " (store.max-kept-per-client); wait until some are forgotten.",
                retryAfter);
    }

    /** As much is kept as may be. */
    static Problem storeFull(Duration retryAfter) {
        return new Passing(
                Kind.STORE_FULL,
                "As many bytes of bodies and results are kept as may be (store.max-kept);"
                        + " wait until some are forgotten.",
                retryAfter);
    }

    /** The store cannot write; nothing was. */
    static Problem storeUnavailable() {
        return new Passing(
                Kind.STORE_UNAVAILABLE,
                "Nothing was kept of this request; send it again in a moment.",
                AGAIN);
    }

    /** The store did not answer in time; whether it did what was asked is not known. */
    static Problem storeSilent() {
        return new Passing(
                Kind.STORE_UNAVAILABLE,
                "The store did not answer in time. If this was to change something, it is not known"
                        + " whether it did: look before you send it again.",
                AGAIN);
    }
}
