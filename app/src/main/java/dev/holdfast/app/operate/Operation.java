package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * What is done to all that a filter chooses: first how many they are; in earnest with a progress
 * bar, while the gateway does it, which goes on if this command ends.
 *
 * @param act as the API calls it
 * @param what they are, for people
 * @param perSecond how many a second at most, or null
 */
record Operation(String act, String what, Map<String, Object> filter, @Nullable Integer perSecond) {
    private static final long LOOK_MILLIS = 200;

    Operation {
        filter = Map.copyOf(filter);
    }

    /** How many would be chosen, without doing anything. */
    void count(GatewayClient client, PrintWriter out) throws IOException, InterruptedException {
        out.println(
                act
                        + ": would be done to "
                        + counted(client).path("matched").asInt()
                        + " "
                        + what
                        + "; say --yes to do it");
    }

    /** Does it, and says how it went. */
    void run(GatewayClient client, CommandLine line) throws IOException, InterruptedException {
        int total = counted(client).path("matched").asInt();
        JsonNode now = begin(client, false);
        String id = now.path("id").asText();
        int shown = Progress.onTerminal() ? total : 0;
        if (shown > 0) {
            line.getErr().println(act + ": `holdfast operations --stop " + id + "` stops it");
        }
        try (var progress = new Progress(line.getErr(), true, shown, 0)) {
            progress.begin();
            int done = 0;
            int skipped = 0;
            while (true) {
                for (; done < now.path("done").asInt(); done++) {
                    progress.step(true);
                }
                for (; skipped < now.path("skipped").asInt(); skipped++) {
                    progress.step(false);
                }
                if (!isRunning(now)) {
                    break;
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
                now = OperatorCall.good(client, client.get("/v1/operations/" + id, null));
            }
        }
        line.getOut()
                .println(
                        act
                                + (now.path("status").asText().equals("stopped")
                                        ? " (stopped)"
                                        : "")
                                + ": done to "
                                + now.path("done").asInt()
                                + " of "
                                + now.path("matched").asInt()
                                + " "
                                + what
                                + ", "
                                + now.path("skipped").asInt()
                                + " skipped");
    }

    private JsonNode counted(GatewayClient client) throws IOException, InterruptedException {
        JsonNode now = begin(client, true);
        while (isRunning(now)) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            String path = "/v1/operations/" + now.path("id").asText();
            now = OperatorCall.good(client, client.get(path, null));
        }
        return now;
    }

    private static boolean isRunning(JsonNode operation) {
        return operation.path("status").asText().equals("running");
    }

    private JsonNode begin(GatewayClient client, boolean dryRun)
            throws IOException, InterruptedException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode body = mapper.createObjectNode().put("do", act);
        body.set("filter", mapper.valueToTree(filter));
        body.put("dry_run", dryRun);
        if (perSecond != null && !dryRun) {
            body.put("per_second", perSecond);
        }
        return OperatorCall.good(client, client.post("/v1/operations", body.toString()));
    }
}
