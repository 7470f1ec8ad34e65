package dev.holdfast.store.transition;

import dev.holdfast.store.RequestRecord;
import java.util.UUID;

/** A request by its row's key, and its job. */
public record RequestKey(int client, UUID id, long job) {
    static RequestKey of(RequestRecord request) {
        return new RequestKey(request.client(), request.id(), request.job());
    }
}
