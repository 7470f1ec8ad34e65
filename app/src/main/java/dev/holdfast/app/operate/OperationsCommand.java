package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast operations}: what is done to many, and the end of it. */
@Command(
        name = "operations",
        mixinStandardHelpOptions = true,
        description = {
            "Lists what is or was done to all that a filter chose, newest first: by `retry`, `cancel`"
                    + " or `deliveries --redeliver` with --yes, or from the console.",
            "With --stop one of them does no more; what it did stays."
        })
public final class OperationsCommand extends OperatorCommand {
    @Option(
            names = "--stop",
            paramLabel = "ID",
            description = "stops this one, as `holdfast operations` calls it")
    @Nullable String stop;

    @Override
    void run(GatewayClient client, PrintWriter out) throws IOException, InterruptedException {
        if (stop != null) {
            line(out, stopped(client, "/v1/operations/" + OperatorCall.encoded(stop)));
            return;
        }
        JsonNode all = OperatorCall.get(client, "/v1/operations", Map.of());
        for (JsonNode each : all.path("operations")) {
            line(out, each);
        }
    }

    private static JsonNode stopped(GatewayClient client, String path)
            throws IOException, InterruptedException {
        return OperatorCall.found(client, client.delete(path), "operations");
    }

    private static void line(PrintWriter out, JsonNode operation) {
        String filter =
                operation.path("filter").properties().stream()
                        .map(each -> each.getKey() + "=" + each.getValue().asText())
                        .collect(Collectors.joining(" "));
        line(
                out,
                "%s  %s  %-9s  %-7s  %d of %d, %d skipped  %s%s"
                        .formatted(
                                operation.path("id").asText(),
                                operation.path("created_at").asText(),
                                operation.path("do").asText(),
                                operation.path("status").asText(),
                                operation.path("done").asInt(),
                                operation.path("matched").asInt(),
                                operation.path("skipped").asInt(),
                                operation.path("dry_run").asBoolean() ? "(dry run) " : "",
                                filter));
    }
}
