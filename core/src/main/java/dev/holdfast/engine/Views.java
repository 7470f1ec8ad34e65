package dev.holdfast.engine;

import dev.holdfast.engine.RequestView.WaitingFor;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests with their places and prospects, as the outside sees them; safe for many threads. */
final class Views {
    private final Store store;
    private final Map<String, Dispatcher> dispatchers;

    Views(Store store, Map<String, Dispatcher> dispatchers) {
        this.store = store;
        this.dispatchers = dispatchers;
    }

    RequestView of(RequestRecord request) {
        Dispatcher dispatcher = dispatchers.get(request.upstream());
        if (request.status().isFinal() || dispatcher == null) {
            return RequestView.ended(request);
        }
        Instant now = store.clock().instant();
        Estimate estimate = dispatcher.estimate();
        long position = 0;
        Instant done;
        switch (request.status()) {
            case QUEUED -> {
                position =
                        Math.max(
                                1,
                                store.position(
                                        request.queue(), request.jobPriority(), request.turn()));
                done = estimate.done(position, now);
            }
            case SCHEDULED -> {
                Instant start = start(store, request, now);
                Instant call = estimate.firstCall(estimate.last(request.jobPriority()), now);
                done = (start.isAfter(call) ? start : call).plus(estimate.latency());
            }
            case RETRYING -> {
                Instant due = request.dueAt();
                done = estimate.retried(request.jobPriority(), due == null ? now : due, now);
            }
            default -> done = now.plus(estimate.latency());
        }
        long millis = Math.max(0, Duration.between(now, done).toMillis());
        WaitingFor why = waitingFor(request, position, estimate.state(), now);
        boolean open =
                why != WaitingFor.PAUSED
                        && why != WaitingFor.UNAUTHORIZED
                        && why != WaitingFor.BREAKER;
        Long seconds = Math.max(1, Math.ceilDiv(millis, 1000));
        return new RequestView(request, position, open ? seconds : null, why);
    }

    private static @Nullable WaitingFor waitingFor(
            RequestRecord request, long position, UpstreamState upstream, Instant now) {
        if (request.status() == Status.RUNNING) {
            return null;
        }
        if (upstream.paused()) {
            return WaitingFor.PAUSED;
        }
        if (upstream.unauthorizedSince() != null) {
            return WaitingFor.UNAUTHORIZED;
        }
        if (upstream.absence() != null) {
            return WaitingFor.BREAKER;
        }
        if (isAhead(upstream.closedUntil(), now)) {
            return WaitingFor.CLOSED;
        }
        if (request.status() == Status.SCHEDULED) {
            return WaitingFor.TIME;
        }
        if (isAhead(request.dueAt(), now)) {
            return WaitingFor.BACKOFF;
        }
        return position > 1 ? WaitingFor.TURN : WaitingFor.SLOT;
    }

    /** When a scheduled request's time comes, in steady time, if nobody sets the wall clock. */
    static Instant start(Store store, RequestRecord request, Instant now) {
        Instant at = request.startsAt();
        return at == null ? now : now.plus(Duration.between(store.wall().instant(), at));
    }

    private static boolean isAhead(@Nullable Instant at, Instant now) {
        return at != null && at.isAfter(now);
    }
}
