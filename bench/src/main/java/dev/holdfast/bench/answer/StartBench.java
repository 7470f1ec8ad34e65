package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From {@code java} to the first answer, and what an idle gateway takes. */
@Command(
        name = "start",
        description = {
            "From the start of java to the first 200 on /readyz, on an empty store and on one that",
            "is there, and the resident memory of an idle gateway; in turn with a plain JVM that",
            "has no AOT cache."
        })
public final class StartBench extends Benchmark {
    private static final double WANTED_SECONDS = 0.5;
    private static final double WANTED_MEGABYTES = 120;
    private static final String CACHE_FLAG = "-XX:AOTCache=";

    /** Never called. */
    private static final String UPSTREAM = Upstreams.at(9, "[ { limit: 10, window: 60s } ]", 10);

    @Option(
            names = "--rounds",
            defaultValue = "7",
            description = "starts of each kind (default: ${DEFAULT-VALUE})")
    int rounds = 7;

    @Option(
            names = "--idle-seconds",
            defaultValue = "5",
            description = "time before memory is looked at (default: ${DEFAULT-VALUE})")
    int idleSeconds = 5;

    /** What the starts of one kind took. */
    private static final class Starts {
        final List<Double> fresh = new ArrayList<>();
        final List<Double> again = new ArrayList<>();
        final List<Double> megabytes = new ArrayList<>();
    }

    @Override
    public void measure(Report report) throws Exception {
        List<String> cached = GatewayProcess.arguments();
        List<String> plain =
                cached.stream().filter(argument -> !argument.startsWith(CACHE_FLAG)).toList();
        if (plain.size() == cached.size()) {
            throw new IllegalStateException("there is no AOT cache: ./holdfast makes one");
        }
        var withCache = new Starts();
        var without = new Starts();
        try (Scratch scratch = new Scratch()) {
            for (int round = 1; round <= rounds; round++) {
                start(scratch.path("cached" + round), cached, withCache);
                start(scratch.path("plain" + round), plain, without);
                report.say(
                        "round %d: %.3f s, on a store that is there %.3f s; plain %.3f and %.3f s",
                        round,
                        withCache.fresh.getLast(),
                        withCache.again.getLast(),
                        without.fresh.getLast(),
                        without.again.getLast());
            }
        }
        report.figure("start of a plain JVM", median(without.fresh), "s");
        report.figure("start of a plain JVM on a store that is there", median(without.again), "s");
        report.figure("a plain JVM, idle", median(without.megabytes), "MB");
        report.figure("start to plain", median(withCache.fresh) / median(without.fresh), "");
        report.atMost("start to the first answer", median(withCache.fresh), WANTED_SECONDS, "s");
        report.atMost(
                "start on a store that is there", median(withCache.again), WANTED_SECONDS, "s");
        report.below("idle", median(withCache.megabytes), WANTED_MEGABYTES, "MB");
    }

    private void start(Path folder, List<String> arguments, Starts starts)
            throws IOException, InterruptedException {
        try (GatewayProcess gateway = GatewayProcess.start(folder, UPSTREAM, arguments)) {
            starts.fresh.add(seconds(gateway.startTime()));
            gateway.kill();
            gateway.startAgain();
            starts.again.add(seconds(gateway.startTime()));
            TimeUnit.SECONDS.sleep(idleSeconds);
            starts.megabytes.add(gateway.residentMegabytes());
        }
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    private static double median(List<Double> values) {
        return Rounds.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
