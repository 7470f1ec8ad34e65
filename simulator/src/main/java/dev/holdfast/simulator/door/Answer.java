package dev.holdfast.simulator.door;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** What a simulated service says to a call. */
public record Answer(int status, String type, Buffer body, Map<String, String> headers) {

    public static Answer text(int status, String body) {
        return new Answer(status, "text/plain; charset=utf-8", Buffer.buffer(body), Map.of());
    }

    public static Answer json(int status, String body) {
        return new Answer(status, "application/json", Buffer.buffer(body), Map.of());
    }

    public static Answer json(int status, JsonObject body) {
        return new Answer(status, "application/json", body.toBuffer(), Map.of());
    }

    public Answer with(Map<String, String> more) {
        return new Answer(status, type, body, more);
    }
}
