package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayClient.Reply;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** One command's calls to a gateway: whatever is no success is its failure, in one line. */
final class OperatorCall {
    /** HTTP's status for what is not there. */
    static final int NOT_FOUND = 404;

    private OperatorCall() {}

    /**
     * The answer's JSON if it is a success.
     *
     * @param command which shows what there is, where nothing is of this name or id
     */
    static JsonNode found(GatewayClient client, Reply reply, String command) {
        if (reply.status() == NOT_FOUND) {
            client.check(reply);
            throw Failure.failed(
                    "holdfast: the gateway says " + reply.problem() + " " + shows(command));
        }
        return good(client, reply);
    }

    /** Where to look for what there is. */
    static String shows(String command) {
        return "`holdfast " + command + "` shows what there is";
    }

    static JsonNode get(GatewayClient client, String path, Map<String, String> query)
            throws IOException, InterruptedException {
        return good(client, client.get(query.isEmpty() ? path : path + "?" + form(query), null));
    }

    /** The answer's JSON if it is a success. */
    static JsonNode good(GatewayClient client, Reply reply) {
        if (reply.status() >= 200 && reply.status() < 300) {
            return reply.body();
        }
        client.check(reply);
        JsonNode errors = reply.body().path("errors");
        StringBuilder why =
                new StringBuilder("holdfast: the gateway says ").append(reply.problem());
        for (JsonNode error : errors) {
            why.append(errors.size() == 1 ? "" : "; ")
                    .append(
                            errors.size() == 1
                                    ? ""
                                    : error.path("field").asText()
                                            + " "
                                            + error.path("detail").asText());
        }
        throw reply.status() == 400
                ? Failure.usage(why.toString())
                : Failure.failed(why.toString());
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(f -> f.getKey() + "=" + encoded(f.getValue()))
                .collect(Collectors.joining("&"));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
