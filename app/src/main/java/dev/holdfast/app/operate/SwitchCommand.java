package dev.holdfast.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayOption;
import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast pause} and {@code holdfast resume}. */
public abstract class SwitchCommand implements Runnable {
    @Parameters(paramLabel = "UPSTREAM", description = "its name, as `holdfast status` shows it")
    String name = "";

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    /** As the API calls it. */
    abstract String act();

    @Override
    public void run() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        OperatorCall.run(
                gateway,
                client -> {
                    String path = "/v1/upstreams/" + OperatorCall.encoded(name) + "/" + act();
                    JsonNode now = OperatorCall.found(client, client.post(path, null), "status");
                    JsonNode backlog = now.path("backlog");
                    out.printf(
                            "%s is %s; %d requests wait%n",
                            name,
                            now.path("state").asText(),
                            backlog.path("queued").asLong() + backlog.path("retrying").asLong());
                });
        out.flush();
    }

    /** {@code holdfast pause UPSTREAM}. */
    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Stops all calls to an upstream until it is resumed (admin keys)")
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
                    "Lets calls to an upstream go on, or ends the wait after a 429 or a 401 (admin"
                            + " keys)")
    public static final class Resume extends SwitchCommand {
        @Override
        String act() {
            return "resume";
        }
    }
}
