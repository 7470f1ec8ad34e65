package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is done to some requests by their ids, or to all that a filter chooses. */
abstract class ActCommand implements Runnable {
    private static final long LOOK_MILLIS = 200;

    @Parameters(arity = "0..*", paramLabel = "ID", description = "these requests")
    List<String> ids = new ArrayList<>();

    @Mixin RequestFilter filter = new RequestFilter();

    @Option(
            names = "--yes",
            description = "do it to all that the options choose; without, only how many they are")
    boolean yes;

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    /** As the API calls it. */
    abstract String act();

    /** Does it to one. */
    abstract GatewayClient.Reply one(GatewayClient client, String path)
            throws IOException, InterruptedException;

    @Override
    public void run() {
        if (ids.isEmpty() == filter.said().isEmpty()) {
            throw Failure.usage(
                    "holdfast: say which requests, by their ids or by options such as --status and"
                            + " --since, and not by both");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        OperatorCall.run(gateway, client -> act(client, out));
        out.flush();
    }

    private void act(GatewayClient client, PrintWriter out)
            throws IOException, InterruptedException {
        if (ids.isEmpty()) {
            all(client, out);
            return;
        }
        List<String> failed = new ArrayList<>();
        for (String id : ids) {
            GatewayClient.Reply reply = one(client, "/v1/requests/" + OperatorCall.encoded(id));
            client.check(reply);
            boolean good = reply.status() < 300;
            out.println(id + "  " + (good ? reply.text("status") : reply.problem()));
            if (!good) {
                failed.add(id);
            }
        }
        if (!failed.isEmpty()) {
            out.flush();
            throw Failure.failed(
                    "holdfast: " + failed.size() + " of " + ids.size() + " could not be done");
        }
    }

    private void all(GatewayClient client, PrintWriter out)
            throws IOException, InterruptedException {
        JsonNode ended = begin(client, !yes);
        while (ended.path("status").asText().equals("running")) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            ended =
                    OperatorCall.good(
                            client,
                            client.get("/v1/operations/" + ended.path("id").asText(), null));
        }
        if (yes) {
            out.println(
                    act()
                            + ": done to "
                            + ended.path("done").asInt()
                            + " of "
                            + ended.path("matched").asInt()
                            + " requests, "
                            + ended.path("skipped").asInt()
                            + " skipped");
        } else {
            out.println(
                    act()
                            + ": would be done to "
                            + ended.path("matched").asInt()
                            + " requests; say --yes to do it");
        }
    }

    private JsonNode begin(GatewayClient client, boolean dryRun)
            throws IOException, InterruptedException {
        ObjectNode body = new ObjectMapper().createObjectNode().put("do", act());
        ObjectNode chosen = body.putObject("filter");
        filter.said().forEach(chosen::put);
        body.put("dry_run", dryRun);
        return OperatorCall.good(client, client.post("/v1/operations", body.toString()));
    }
}
