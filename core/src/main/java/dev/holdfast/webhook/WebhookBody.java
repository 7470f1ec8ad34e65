package dev.holdfast.webhook;

import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.wire.BatchJson;
import dev.holdfast.wire.RequestJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Function;

/**
 * What is posted, in UTF-8: {@code {"type","timestamp","data"}} (Standard Webhooks). The timestamp
 * is when the request ended, so that every try of a delivery carries the same bytes.
 */
public final class WebhookBody implements Function<Delivery, byte[]> {
    private final RequestJson json;

    /**
     * @param json how a request is written
     */
    public WebhookBody(RequestJson json) {
        this.json = json;
    }

    /**
     * The body of a delivery whose request, or batch, has ended.
     *
     * @throws IllegalArgumentException if it has not
     */
    @Override
    public byte[] apply(Delivery delivery) {
        RequestRecord request = delivery.request();
        BatchRecord batch = delivery.batch();
        if (batch != null) {
            return event("batch.completed", completed(batch), BatchJson.bytes(batch, json.base()));
        }
        if (request == null) {
            throw new IllegalArgumentException("a delivery that tells of nothing");
        }
        Instant ended = request.completedAt();
        if (ended == null || !request.status().isFinal()) {
            throw new IllegalArgumentException("nothing to tell of a request that goes on");
        }
        return event("request." + request.status().wire(), ended, json.followed(request));
    }

    private static Instant completed(BatchRecord batch) {
        Instant completed = batch.completedAt();
        if (completed == null) {
            throw new IllegalArgumentException("nothing to tell of a batch that goes on");
        }
        return completed;
    }

    /** The body of a test. */
    static byte[] test(Instant at) {
        return event("test", at, "{}".getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] event(String type, Instant at, byte[] data) {
        String head =
                "{\"type\":\""
                        + type
                        + "\",\"timestamp\":\""
                        + RequestJson.instant(at)
                        + "\",\"data\":";
        byte[] start = head.getBytes(StandardCharsets.UTF_8);
        byte[] event = new byte[start.length + data.length + 1];
        System.arraycopy(start, 0, event, 0, start.length);
        System.arraycopy(data, 0, event, start.length, data.length);
        event[event.length - 1] = '}';
        return event;
    }
}
