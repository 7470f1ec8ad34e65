package dev.holdfast.engine;

import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;

/** What a follower knows of a request. */
public record Seen(Status status, int attempts) {
    public static Seen of(RequestRecord request) {
        return new Seen(request.status(), request.attempts());
    }
}
