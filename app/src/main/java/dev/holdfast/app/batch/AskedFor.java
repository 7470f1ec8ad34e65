package dev.holdfast.app.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** Whether a result is that of a file's line, as far as their texts can tell. */
final class AskedFor {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PARAMS = "params";

    private AskedFor() {}

    /**
     * Whether it was asked for by the file's line of its number: false only if one of its
     * parameters is another text.
     *
     * @param result a line that {@code batch} wrote
     */
    static boolean by(BatchFile asks, String result) throws IOException {
        JsonNode told = read(result);
        JsonNode asked = read(asks.line(told.path("line").asInt(1))).path(PARAMS);
        for (Map.Entry<String, JsonNode> each : told.path(PARAMS).properties()) {
            JsonNode one = asked.path(each.getKey());
            if (one.isTextual() && each.getValue().isTextual() && !one.equals(each.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static JsonNode read(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }
}
