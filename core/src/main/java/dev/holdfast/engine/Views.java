package dev.holdfast.engine;

import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

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
            return new RequestView(request, 0, 0);
        }
        Instant now = store.clock().instant();
        Estimate estimate = dispatcher.estimate();
        long position = 0;
        Instant done;
        switch (request.status()) {
            case QUEUED -> {
                position = Math.max(1, store.position(request.upstream(), request.turn()));
                done = estimate.done(position, now);
            }
            case RETRYING -> {
                Instant due = request.dueAt();
                done = estimate.retried(due == null ? now : due, now);
            }
            default -> done = now.plus(estimate.latency());
        }
        long millis = Math.max(0, Duration.between(now, done).toMillis());
        return new RequestView(request, position, Math.max(1, Math.ceilDiv(millis, 1000)));
    }
}
