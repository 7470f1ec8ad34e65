package dev.holdfast.app.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.serve.Fingerprint;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayClient.Reply;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A configuration beside the one that a running gateway has in force. */
final class Against {
    private static final String PATH = "/v1/configuration/compare";

    private final URI url;
    private final JsonNode answer;

    private Against(URI url, JsonNode answer) {
        this.url = url;
        this.answer = answer;
    }

    /**
     * Asks the gateway; what is sent are digests under a salt of this one time, and the routes.
     *
     * @throws Failure if it cannot be asked or does not say
     */
    static Against ask(GatewayOption gateway, Configuration configuration) {
        Fingerprint fingerprint = Fingerprint.of(configuration);
        if (fingerprint.digests().size() > Fingerprint.MAX_KEYS) {
            throw Failure.failed(
                    "holdfast: the configuration says "
                            + fingerprint.digests().size()
                            + " keys; at most "
                            + Fingerprint.MAX_KEYS
                            + " can be compared");
        }
        try (GatewayClient client = gateway.open()) {
            Reply reply = client.post(PATH, json(fingerprint));
            client.check(reply);
            if (reply.status() == 404 && reply.body().has("type")) {
                throw Failure.failed(
                        "holdfast: the gateway at "
                                + gateway.url
                                + " cannot compare: it is of a version before this, or below a"
                                + " path that --against does not name");
            }
            if (reply.status() != 200 || !reply.body().path("changed").isArray()) {
                throw Failure.failed("holdfast: " + gateway.url + " says " + reply.problem());
            }
            return new Against(gateway.url, reply.body());
        } catch (IOException e) {
            throw Failure.failed(GatewayClient.silence(gateway.url, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.failed("holdfast: interrupted");
        }
    }

    private static String json(Fingerprint fingerprint) {
        ObjectNode body = new ObjectMapper().createObjectNode();
        body.put("salt", fingerprint.salt());
        put(body.putObject("digests"), fingerprint.digests());
        put(body.putObject("routes"), fingerprint.routes());
        return body.toString();
    }

    private static void put(ObjectNode into, Map<String, String> texts) {
        texts.forEach(into::put);
    }

    /** Whether SIGHUP would leave all as it is. */
    boolean refused() {
        return answer.path("reload").asText().equals("refused");
    }

    /** For people. */
    String text() {
        List<String> onlyAtStart = names("only_at_start");
        List<String> changed = new ArrayList<>(names("changed"));
        changed.removeAll(onlyAtStart);
        int untold = answer.path("changed_count").asInt() - names("changed").size();
        var out = new StringBuilder();
        out.append("# compared with ")
                .append(url)
                .append(", version ")
                .append(shown(answer.path("version").asText()))
                .append(", which has in force: ")
                .append(shown(answer.path("source").asText()))
                .append('\n');
        section(out, "a reload (SIGHUP) changes", changed);
        section(out, "only a start changes; a reload would be refused", onlyAtStart);
        if (untold > 0) {
            out.append("and ").append(untold).append(" more\n");
        }
        List<String> owed = new ArrayList<>();
        for (JsonNode left : answer.path("owed")) {
            owed.add(
                    "%d calls of the route %s of the upstream %s"
                            .formatted(
                                    left.path("calls").asLong(),
                                    shown(left.path("route").asText()),
                                    shown(left.path("upstream").asText())));
        }
        section(out, "owed, and nobody would make these calls any more", owed);
        if (changed.isEmpty() && onlyAtStart.isEmpty() && owed.isEmpty()) {
            out.append("nothing changes\n");
        }
        return out.toString();
    }

    private List<String> names(String field) {
        List<String> names = new ArrayList<>();
        answer.path(field).forEach(name -> names.add(shown(name.asText())));
        return names;
    }

    private static void section(StringBuilder out, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            out.append(title).append(":\n");
            lines.forEach(line -> out.append("  ").append(line).append('\n'));
        }
    }

    /** Without what would move a terminal's cursor: what answers need not be a gateway. */
    private static String shown(String text) {
        return text.replaceAll("\\p{Cc}", " ");
    }
}
