package dev.holdfast.gateway;

import dev.holdfast.engine.RequestView;
import dev.holdfast.engine.Seen;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Preference;
import dev.holdfast.http.Problem;
import dev.holdfast.request.Status;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/requests/{id}}: where a request stands, at once or when it changes. What counts as
 * a change is status or attempts; both are in the ETag, which is weak since the estimate is not.
 */
final class Follow {
    /** Longest hold of a poll; a longer {@code Prefer: wait} is not applied in full. */
    static final Duration MAX_WAIT = Duration.ofSeconds(60);

    /** What an answer that is held takes beside its request, about, in bytes. */
    static final int HELD_BYTES = 1 << 10;

    private final DoorParts doorway;
    private final Holds holds;

    Follow(DoorParts doorway, Holds holds) {
        this.doorway = doorway;
        this.holds = holds;
    }

    void get(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(RequestDoors.notFound());
            return;
        }
        doorway.read(
                exchange,
                () -> doorway.engine().request(exchange.caller().viewer(), request),
                found -> found(exchange, found));
    }

    private void found(Exchange exchange, Optional<RequestView> found) {
        RequestView view = found.orElse(null);
        if (view == null) {
            exchange.problem(RequestDoors.notFound());
            return;
        }
        Preference preference = Preference.of(exchange.request().headers().getAll(Headers.PREFER));
        Duration wait = preference.patience(MAX_WAIT);
        String applied = preference.atMost() == null ? null : preference.applied(MAX_WAIT);
        if (applied != null) {
            exchange.response().putHeader(Headers.PREFERENCE_APPLIED, applied);
        }
        String known = exchange.header(HttpHeaders.IF_NONE_MATCH);
        boolean news = known != null && !matches(known, etag(view));
        boolean waits = preference.atMost() != null && wait.isPositive();
        if (waits && !news && !view.request().status().isFinal()) {
            hold(exchange, view, wait);
        } else {
            answer(exchange, view);
        }
    }

    private void hold(Exchange exchange, RequestView view, Duration wait) {
        if (!exchange.hold(HELD_BYTES)) {
            return;
        }
        Context context = doorway.vertx().getOrCreateContext();
        Runnable release = () -> context.runOnContext(_ -> answer(exchange, view));
        if (!holds.hold(exchange.caller().client(), release)) {
            exchange.problem(tooMany());
            return;
        }
        exchange.heldAsAsked();
        // Whoever is late, or cannot look again: it stands as it was seen, and nothing was lost.
        exchange.atLatest(
                wait.toMillis() + DoorParts.GUARD_MARGIN_MILLIS, () -> answer(exchange, view));
        var stage =
                doorway.engine()
                        .follow(exchange.caller().viewer(), view.request().id(), seen(view), wait);
        // A caller that is gone waits for nothing any more.
        exchange.whenGone(() -> stage.toCompletableFuture().complete(Optional.empty()));
        stage.whenComplete((_, _) -> holds.leave(release));
        exchange.when(
                stage.exceptionally(error -> seenBefore(error, view)),
                found -> answer(exchange, found.orElse(view)));
    }

    private static Optional<RequestView> seenBefore(Throwable error, RequestView view) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (cause instanceof StoreUnavailable) {
            return Optional.of(view);
        }
        throw new CompletionException(cause);
    }

    private void answer(Exchange exchange, RequestView view) {
        if (exchange.isAnswered()) {
            return;
        }
        HttpServerResponse response = exchange.response();
        String etag = etag(view);
        response.putHeader(HttpHeaders.ETAG, etag);
        response.putHeader(HttpHeaders.CACHE_CONTROL, "private, no-cache");
        String known = exchange.header(HttpHeaders.IF_NONE_MATCH);
        if (known != null && matches(known, etag)) {
            exchange.send(304);
            return;
        }
        if (!view.request().status().isFinal()) {
            response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(view.lookAgainSeconds()));
        }
        String client =
                doorway.clientNames()
                        .get()
                        .shownTo(exchange.caller().viewer(), view.request().client());
        exchange.json(200, Buffer.buffer(doorway.json(exchange).followed(view, client)));
    }

    static Problem tooMany() {
        return new Problem.Passing(
                Problem.Kind.TOO_MANY_HELD,
                "Poll without wait, or let a webhook tell you.",
                Duration.ofSeconds(5));
    }

    static Seen seen(RequestView view) {
        return new Seen(view.request().status(), view.request().attempts());
    }

    static String etag(RequestView view) {
        return "W/\"" + mark(seen(view)) + '"';
    }

    /**
     * Whether one of the tags that a caller has is this one, weakly (RFC 9110, 8.8.3.2, 13.1.2).
     */
    private static boolean matches(String known, String etag) {
        for (String tag : known.split(",", -1)) {
            String one = tag.strip();
            if (one.equals("*") || weak(one).equals(weak(etag))) {
                return true;
            }
        }
        return false;
    }

    private static String weak(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }

    /** What was seen, as an ETag and an event's id carry it. */
    static String mark(Seen seen) {
        return seen.status().wire() + '.' + seen.attempts();
    }

    /** What a mark says was seen, or null if it is none of ours. */
    static @Nullable Seen seen(@Nullable String mark) {
        int dot = mark == null ? -1 : mark.indexOf('.');
        if (mark == null || dot < 0 || mark.length() - dot > 10) {
            return null;
        }
        String attempts = mark.substring(dot + 1);
        boolean number =
                !attempts.isEmpty() && attempts.chars().allMatch(c -> c >= '0' && c <= '9');
        for (Status status : Status.values()) {
            if (number && status.wire().equals(mark.substring(0, dot))) {
                return new Seen(status, Integer.parseInt(attempts));
            }
        }
        return null;
    }
}
