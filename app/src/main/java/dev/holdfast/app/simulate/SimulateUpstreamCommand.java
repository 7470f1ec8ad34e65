package dev.holdfast.app.simulate;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.upstream.ApiKeyPair;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast simulate upstream}. */
@Command(
        name = "upstream",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "The signing API: GET /, /crypto/sign, /crypto/verify, and POST /v1/echo-json.",
            "Of its own: GET /_stats[?each=true], GET /_public-key, GET|POST /_control."
        })
final class SimulateUpstreamCommand implements Runnable {
    @Option(
            names = "--port",
            defaultValue = "8101",
            description = "port, 0 = any free one (default: ${DEFAULT-VALUE})")
    int port;

    @Mixin SimulateOptions.Place place = new SimulateOptions.Place();

    @Option(names = "--key", description = "the Authorization asked for (default: any or none)")
    @Nullable String key;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description =
                    "settles which messages fail, for how long, and the key"
                            + " (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(
            names = "--key-file",
            description = "RSA private key, PKCS#8 PEM (default: by the seed)")
    @Nullable Path keyFile;

    @Option(
            names = "--quota",
            defaultValue = "10",
            description = "calls in a window, 0 = no quota (default: ${DEFAULT-VALUE})")
    int quota;

    @Option(
            names = "--window",
            defaultValue = "60s",
            converter = DurationConverter.class,
            description = "the sliding window (default: ${DEFAULT-VALUE})")
    Duration window = Duration.ofSeconds(60);

    @Option(
            names = "--no-count-refused",
            negatable = true,
            description = "calls answered 429 do not count in the window (default: they do)")
    boolean refusedAreFree;

    @Option(names = "--retry-after", negatable = true, description = "a 429 carries Retry-After")
    boolean retryAfter;

    @Option(
            names = "--failure-share",
            defaultValue = "0.5",
            description = "share of messages that fail at first (default: ${DEFAULT-VALUE})")
    double failureShare;

    @Option(
            names = "--recovery-min",
            defaultValue = "54s",
            converter = DurationConverter.class,
            description = "shortest time from first call to recovery (default: ${DEFAULT-VALUE})")
    Duration recoveryMin = Duration.ofSeconds(54);

    @Option(
            names = "--recovery-max",
            defaultValue = "235s",
            converter = DurationConverter.class,
            description = "longest time to recovery (default: ${DEFAULT-VALUE})")
    Duration recoveryMax = Duration.ofSeconds(235);

    @Option(
            names = "--latency-min",
            defaultValue = "66ms",
            converter = DurationConverter.class,
            description = "shortest latency (default: ${DEFAULT-VALUE})")
    Duration latencyMin = Duration.ofMillis(66);

    @Option(
            names = "--latency-median",
            defaultValue = "81ms",
            converter = DurationConverter.class,
            description = "median latency (default: ${DEFAULT-VALUE})")
    Duration latencyMedian = Duration.ofMillis(81);

    @Option(
            names = "--latency-max",
            defaultValue = "181ms",
            converter = DurationConverter.class,
            description = "longest latency (default: ${DEFAULT-VALUE})")
    Duration latencyMax = Duration.ofMillis(181);

    @Option(
            names = "--speed",
            defaultValue = "1",
            description = "divides window and recovery (default: ${DEFAULT-VALUE})")
    double speed;

    @Option(names = "--speed-latency", description = "--speed divides the latency, too")
    boolean speedLatency;

    @Option(
            names = "--load",
            description = "no quota, no failures, no latency, whatever else is set: for load")
    boolean load;

    @Mixin SimulateOptions.Broken broken = new SimulateOptions.Broken();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        SimulateCommand.serve(
                spec,
                (vertx, out) -> start(vertx, out),
                upstream -> "the signing API is on " + upstream.uri());
    }

    private SimulatedUpstream start(Vertx vertx, PrintWriter out) {
        return new SimulatedUpstream(vertx, options(out)).start();
    }

    private SimulatedUpstream.Options options(PrintWriter out) {
        var latency = new Latency(latencyMin, latencyMedian, latencyMax);
        var options =
                new SimulatedUpstream.Options(
                                place.listen(port),
                                key,
                                signingKey(),
                                new Limit(quota, window, !refusedAreFree, retryAfter),
                                new Degradation(seed, failureShare, recoveryMin, recoveryMax),
                                speedLatency ? latency.faster(speed) : latency,
                                broken.fault(),
                                place.lines(out))
                        .faster(speed);
        return load ? options.unlimited() : options;
    }

    private ApiKeyPair signingKey() {
        if (keyFile == null) {
            return ApiKeyPair.seeded(seed);
        }
        try {
            return ApiKeyPair.read(keyFile);
        } catch (IOException e) {
            throw Failure.usage("holdfast: --key-file: " + e.getMessage());
        }
    }
}
