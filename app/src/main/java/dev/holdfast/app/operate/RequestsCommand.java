package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast requests}: one request's story, or those that a filter chooses. */
@Command(
        name = "requests",
        mixinStandardHelpOptions = true,
        description = "Finds requests, newest first, or tells one request's story")
public final class RequestsCommand extends OperatorCommand {
    /** Requests that are listed or counted at most. */
    static final int MOST = 10_000;

    /** Pages that are asked for at most; each looks at a bounded number of requests. */
    private static final int MAX_PAGES = 200;

    private static final int PAGE = 200;
    private static final int TEXT_CHARS = 60;

    @Parameters(
            arity = "0..1",
            paramLabel = "ID",
            description = "one request, with all its attempts")
    @Nullable String id;

    @Mixin RequestFilter filter = new RequestFilter();

    @Option(
            names = "--text",
            paramLabel = "T",
            description = "whose parameters contain it; the last line says how far it looked")
    @Nullable String text;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "how many at most, up to 10000 (default: ${DEFAULT-VALUE})")
    int limit = 20;

    @Option(
            names = "--cursor",
            paramLabel = "C",
            description = "goes on where a list ended, whose last line says it")
    @Nullable String cursor;

    @Option(
            names = "--count",
            description = "only how many there are of each status, of the last 10000 at most")
    boolean count;

    @Override
    void check() {
        checkLimit(limit, MOST);
    }

    @Override
    void run(GatewayClient client, PrintWriter out) throws IOException, InterruptedException {
        if (id != null) {
            story(client, "/v1/requests/" + OperatorCall.encoded(id), out);
        } else {
            list(client, out);
        }
    }

    private static void story(GatewayClient client, String path, PrintWriter out)
            throws IOException, InterruptedException {
        JsonNode request = OperatorCall.found(client, client.get(path, null), "requests");
        line(out, request);
        JsonNode failure = request.path("failure");
        if (failure.isObject()) {
            out.println("  failed: " + failure.path("reason").asText() + detail(failure));
        }
        for (JsonNode attempt :
                OperatorCall.get(client, path + "/attempts", Map.of()).path("attempts")) {
            out.println(
                    "  "
                            + attempt.path("started_at").asText()
                            + "  "
                            + attempt.path("summary").asText());
        }
    }

    private static String detail(JsonNode failure) {
        String status = failure.path("upstream_status").asText("");
        String detail = failure.path("detail").asText("");
        return (status.isEmpty() ? "" : " (" + status + ")")
                + (detail.isEmpty() ? "" : ": " + shown(detail));
    }

    private void list(GatewayClient client, PrintWriter out)
            throws IOException, InterruptedException {
        Map<String, String> query = new LinkedHashMap<>(filter.said());
        if (text != null) {
            query.put("text", text);
        }
        if (cursor != null) {
            query.put("cursor", cursor);
        }
        int most = count ? MOST : limit;
        Map<String, Integer> counts = new TreeMap<>();
        int found = 0;
        JsonNode page;
        int pages = 0;
        do {
            query.put("limit", Integer.toString(Math.min(PAGE, most - found)));
            page = OperatorCall.get(client, "/v1/requests", query);
            for (JsonNode request : page.path("requests")) {
                found++;
                counts.merge(request.path("status").asText(), 1, Integer::sum);
                if (!count) {
                    line(out, request);
                }
            }
            query.put("cursor", page.path("next_cursor").asText(""));
        } while (page.has("next_cursor") && found < most && ++pages < MAX_PAGES);
        if (count) {
            counts.forEach((status, n) -> out.printf("%-10s %6d%n", status, n));
        }
        end(page, found);
    }

    /** How far was looked, where there may be more. */
    private void end(JsonNode page, int found) {
        String back = page.path("looked_back_to").asText("");
        line().getErr()
                .println(
                        back.isEmpty()
                                ? found + " found; there are no more."
                                : found
                                        + " found; looked back to "
                                        + back
                                        + ", go on with --cursor "
                                        + page.path("next_cursor").asText());
    }

    private static void line(PrintWriter out, JsonNode request) {
        JsonNode failure = request.path("failure");
        line(
                out,
                "%s  %s  %-9s  %2d  %-14s  %s  %s"
                        .formatted(
                                request.path("id").asText(),
                                request.path("created_at").asText(),
                                request.path("status").asText(),
                                request.path("attempts").asInt(),
                                failure.isObject()
                                        ? failure.path("reason").asText()
                                        : request.path("waiting_for").asText("-"),
                                request.path("route").asText(),
                                params(request)));
    }

    /** Its parameters in a line, shortened. */
    private static String params(JsonNode request) {
        String all =
                shown(
                        request.path("params").properties().stream()
                                .map(
                                        e ->
                                                e.getKey()
                                                        + "="
                                                        + e.getValue()
                                                                .asText(e.getValue().toString()))
                                .collect(Collectors.joining(" ")));
        return all.length() <= TEXT_CHARS ? all : all.substring(0, TEXT_CHARS - 1) + "\u2026";
    }

    /** Without what would move a terminal's cursor: the controls of C1, too, such as U+009B. */
    private static String shown(String text) {
        return text.replaceAll("\\p{Cc}", " ");
    }
}
