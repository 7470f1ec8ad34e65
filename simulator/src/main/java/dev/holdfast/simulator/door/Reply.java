package dev.holdfast.simulator.door;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** What a simulated service says to a call. */
public record Reply(int status, String type, Buffer body, Map<String, String> headers) {

    public static Reply text(int status, String body) {
        return new Reply(status, "text/plain; charset=utf-8", Buffer.buffer(body), Map.of());
    }

    public static Reply json(int status, String body) {
        return new Reply(status, "application/json", Buffer.buffer(body), Map.of());
    }

    public static Reply json(int status, JsonObject body) {
        return new Reply(status, "application/json", body.toBuffer(), Map.of());
    }

    public Reply with(Map<String, String> more) {
        return new Reply(status, type, body, more);
    }
}
