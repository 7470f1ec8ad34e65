package dev.holdfast.store;

import dev.holdfast.store.Batches.BatchRecord;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One webhook to deliver: one request's end, or one batch's, told to its URL.
 *
 * @param id also the {@code webhook-id}, the same on every try
 * @param request the request it tells of, or null
 * @param batch the batch it tells of, or null; one of the two is there
 * @param client whose secret signs it
 * @param url where to
 * @param headers the caller's own headers, a JSON object of strings
 * @param attempts tries so far
 */
public record Delivery(
        UUID id,
        @Nullable RequestRecord request,
        @Nullable BatchRecord batch,
        int client,
        String url,
        String headers,
        int attempts) {
    public Delivery {
        if ((request == null) == (batch == null)) {
            throw new IllegalArgumentException("a delivery tells of a request or of a batch");
        }
    }

    /** The id of what it tells of. */
    public UUID subject() {
        if (request != null) {
            return request.id();
        }
        if (batch != null) {
            return batch.id();
        }
        throw new IllegalStateException("a delivery tells of something");
    }

    /** What it takes in memory beside a little, in characters. */
    public long chars() {
        return request == null ? 0 : Reads.chars(request);
    }
}
