package dev.holdfast.app.simulate;

import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.simulator.receiver.SimulatedReceiver;
import dev.holdfast.simulator.receiver.WebhookVerifier;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast simulate receiver}. */
@Command(
        name = "receiver",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "A webhook endpoint on every path: verifies, counts by webhook-id, answers as told.",
            "Of its own: GET /_stats[?each=true], GET|POST /_control."
        })
final class SimulateReceiverCommand implements Runnable {
    @Option(
            names = "--port",
            defaultValue = "8104",
            description = "port, 0 = any free one (default: ${DEFAULT-VALUE})")
    int port;

    @Mixin SimulateOptions.Place place = new SimulateOptions.Place();

    @Option(
            names = "--secret",
            description =
                    "whsec_… that signs v1; may be given several times, any will do (default: v1"
                            + " is not checked)")
    List<String> secrets = List.of();

    @Option(
            names = "--public-key",
            description =
                    "whpk_… that verifies v1a; may be given several times (default: v1a is not"
                            + " checked)")
    List<String> publicKeys = List.of();

    @Option(
            names = "--tolerance",
            defaultValue = "5m",
            converter = DurationConverter.class,
            description = "how far webhook-timestamp may be from now (default: ${DEFAULT-VALUE})")
    Duration tolerance = Duration.ofMinutes(5);

    @Option(
            names = "--status",
            defaultValue = "204",
            description = "the answer to a genuine webhook (default: ${DEFAULT-VALUE})")
    int status;

    @Option(
            names = "--latency",
            defaultValue = "0",
            converter = DurationConverter.class,
            description = "how long an answer takes (default: ${DEFAULT-VALUE})")
    Duration latency = Duration.ZERO;

    @Mixin SimulateOptions.Broken broken = new SimulateOptions.Broken();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        SimulateCommand.serve(
                spec,
                (vertx, out) -> start(vertx, out),
                receiver -> "webhooks are taken on " + receiver.uri());
    }

    private SimulatedReceiver start(Vertx vertx, PrintWriter out) {
        var options =
                new SimulatedReceiver.Options(
                        place.listen(port),
                        new WebhookVerifier(secrets, publicKeys, tolerance),
                        status,
                        latency,
                        broken.fault(),
                        place.lines(out));
        return new SimulatedReceiver(vertx, options).start();
    }
}
