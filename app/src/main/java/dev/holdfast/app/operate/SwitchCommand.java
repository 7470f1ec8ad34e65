package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import java.io.IOException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast pause} and {@code holdfast resume}. */
public abstract class SwitchCommand extends OperatorCommand {
    @Parameters(paramLabel = "UPSTREAM", description = "its name, as `holdfast status` shows it")
    String name = "";

    @Option(
            names = "--partition",
            paramLabel = "KEY",
            description = "only this partition of it; the others go on")
    @Nullable String partition;

    /** As the API calls it. */
    abstract String act();

    @Override
    void run(GatewayClient client, PrintWriter out) throws IOException, InterruptedException {
        String one = partition == null ? "" : "/partitions/" + OperatorCall.encoded(partition);
        String path = "/v1/upstreams/" + OperatorCall.encoded(name) + one + "/" + act();
        JsonNode now = OperatorCall.found(client, client.post(path, null), "status");
        JsonNode backlog = now.path("backlog");
        out.printf(
                "%s is %s; %d requests wait%n",
                partition == null ? name : "partition " + partition + " of " + name,
                now.path("state").asText(),
                backlog.path("queued").asLong() + backlog.path("retrying").asLong());
    }

    /** {@code holdfast pause UPSTREAM}. */
    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description =
                    "Stops all calls to an upstream, or to one partition of it, until it is resumed"
                            + " (admin keys)")
    public static final class Pause extends SwitchCommand {
        @Override
        String act() {
            return "pause";
        }
    }

    /** {@code holdfast resume UPSTREAM}. */
    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description =
                    "Lets calls to an upstream, or to one partition of it, go on, or ends the wait"
                            + " after a 429 or a 401 (admin keys)")
    public static final class Resume extends SwitchCommand {
        @Override
        String act() {
            return "resume";
        }
    }
}
