package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast deliveries}: webhooks, and some of them again. */
@Command(
        name = "deliveries",
        mixinStandardHelpOptions = true,
        description = "Lists webhooks, newest first; those named are delivered again")
public final class DeliveriesCommand extends OperatorCommand {
    private static final int MOST = 200;

    @Parameters(
            arity = "0..*",
            paramLabel = "ID",
            description = "deliver these again, with the webhook-id they had; without any, a list")
    List<String> ids = new ArrayList<>();

    @Option(
            names = "--status",
            paramLabel = "S",
            description = "pending, delivered, ended or failed")
    @Nullable String status;

    @Option(
            names = "--redeliver",
            description = "all that were given up are delivered again; first only how many")
    boolean redeliver;

    @Option(names = "--host", paramLabel = "HOST", description = "with --redeliver: that go there")
    @Nullable String host;

    @Option(names = "--yes", description = "with --redeliver: do it")
    boolean yes;

    @Option(names = "--request", paramLabel = "ID", description = "of this request")
    @Nullable String request;

    @Option(names = "--client", paramLabel = "NAME", description = "of this client (admin keys)")
    @Nullable String client;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "how many at most, up to 200 (default: ${DEFAULT-VALUE})")
    int limit = 20;

    @Override
    void check() {
        boolean one = status != null || request != null || !ids.isEmpty();
        if (redeliver && one) {
            throw Failure.usage(
                    "holdfast: --redeliver is for all that were given up: beside it stand --host,"
                            + " --client and --yes, no ID, --status or --request");
        }
        if (!redeliver && (yes || host != null)) {
            throw Failure.usage("holdfast: --host and --yes go with --redeliver");
        }
        checkLimit(limit, MOST);
    }

    @Override
    void run(GatewayClient with, PrintWriter out) throws IOException, InterruptedException {
        if (redeliver) {
            all(with);
        } else if (ids.isEmpty()) {
            list(with, out);
        } else {
            again(with, out);
        }
    }

    private void all(GatewayClient with) throws IOException, InterruptedException {
        Map<String, Object> filter = new LinkedHashMap<>();
        if (host != null) {
            filter.put("host", host);
        }
        if (client != null) {
            filter.put("client", client);
        }
        Operation all = new Operation("redeliver", "webhooks", filter, null);
        if (yes) {
            all.run(with, line());
        } else {
            all.count(with, line().getOut());
        }
    }

    private void again(GatewayClient with, PrintWriter out)
            throws IOException, InterruptedException {
        for (String id : ids) {
            String path = "/v1/deliveries/" + OperatorCall.encoded(id) + "/redeliver";
            JsonNode now = OperatorCall.found(with, with.post(path, null), "deliveries");
            out.println(id + "  " + now.path("status").asText());
        }
    }

    private void list(GatewayClient with, PrintWriter out)
            throws IOException, InterruptedException {
        Map<String, String> query = new LinkedHashMap<>();
        if (status != null) {
            query.put("status", status);
        }
        if (request != null) {
            query.put("request_id", request);
        }
        if (client != null) {
            query.put("client", client);
        }
        query.put("limit", Integer.toString(limit));
        for (JsonNode one : OperatorCall.get(with, "/v1/deliveries", query).path("deliveries")) {
            String last = one.path("last_status").asText(one.path("last_error").asText("-"));
            out.printf(
                    "%s  %s  %-9s  %2d  %-4s  %s  %s%n",
                    one.path("id").asText(),
                    one.path("created_at").asText(),
                    one.path("status").asText(),
                    one.path("attempts").asInt(),
                    last,
                    one.path("request_id").asText(one.path("batch_id").asText()),
                    one.path("url").asText());
        }
    }
}
