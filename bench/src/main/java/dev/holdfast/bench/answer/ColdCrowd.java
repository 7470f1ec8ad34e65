package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/**
 * A crowd at gateways that have started that moment, whose upstream takes every connection and
 * answers nothing: how long the slowest of its answers takes, start by start.
 */
final class ColdCrowd {
    /** Connections that nobody takes from the system, which keeps so many. */
    private static final int HUNG_CONNECTIONS = 4096;

    private final Report report;
    private final Scratch scratch;
    private final int connections;
    private final Duration time;
    private final int starts;
    private final String warmUp;

    /**
     * @param time how long they ask
     * @param warmUp what {@code server.warm-up} is
     */
    ColdCrowd(
            Report report,
            Scratch scratch,
            int connections,
            Duration time,
            int starts,
            String warmUp) {
        this.report = report;
        this.scratch = scratch;
        this.connections = connections;
        this.time = time;
        this.starts = starts;
        this.warmUp = warmUp;
    }

    /** What came of all starts. */
    private record Seen(double slowestSeconds, long refused, long others) {
        Seen and(Seen more) {
            return new Seen(
                    Math.max(slowestSeconds, more.slowestSeconds),
                    refused + more.refused,
                    others + more.others);
        }
    }

    /** On a machine that has nothing else to do: nobody is refused. */
    void idle(String what, String quota, int concurrency, double wantedSeconds)
            throws IOException, InterruptedException {
        Seen seen = starts("cold " + what, quota, concurrency);
        report.below("slowest of cold starts, " + what, seen.slowestSeconds(), wantedSeconds, "s");
        report.exactly("refused at cold starts, " + what, seen.refused(), 0);
        report.exactly("other answers at cold starts, " + what, seen.others(), 0);
    }

    /** The same with a process on each core that never waits: some may be refused, in time. */
    void busy(String what, String quota, int concurrency, double wantedSeconds)
            throws IOException, InterruptedException {
        try (Burners burners = new Burners()) {
            Seen seen = starts("busy " + what, quota, concurrency);
            report.exactly("burners that ended", burners.ended(), 0);
            report.below(
                    "slowest on a busy machine, " + what,
                    seen.slowestSeconds(),
                    wantedSeconds,
                    "s");
            report.count("refused on a busy machine, " + what, seen.refused());
            report.exactly("other answers on a busy machine, " + what, seen.others(), 0);
        }
    }

    private Seen starts(String name, String quota, int concurrency)
            throws IOException, InterruptedException {
        Seen all = new Seen(0, 0, 0);
        for (int start = 1; start <= starts; start++) {
            Seen seen = start(scratch.path(name.replaceAll("\\W", "") + start), quota, concurrency);
            report.say(
                    "  start %d, %s: slowest %.2f s, %,d refused",
                    start, name, seen.slowestSeconds(), seen.refused());
            all = all.and(seen);
        }
        return all;
    }

    private Seen start(Path folder, String quota, int concurrency)
            throws IOException, InterruptedException {
        try (var hung = new ServerSocket(0, HUNG_CONNECTIONS, InetAddress.getLoopbackAddress());
                GatewayProcess gateway =
                        GatewayProcess.start(
                                folder,
                                "sqlite:" + folder.resolve("holdfast.db"),
                                Map.of("HOLDFAST_SERVER_WARM_UP", warmUp),
                                Upstreams.at(hung.getLocalPort(), quota, concurrency))) {
            return Wrk.isThere() ? byWrk(folder, gateway.port()) : byLoad(gateway.port());
        }
    }

    private Seen byWrk(Path folder, int port) throws IOException, InterruptedException {
        Wrk.Result result = Wrk.run(folder, port, connections, time);
        return new Seen(result.slowestSeconds(), result.refused(), result.others());
    }

    private Seen byLoad(int port) throws IOException {
        Template asks = Template.get("/crypto/sign?message=cold+{n}");
        try (Load load = new Load(port, connections, asks, 0)) {
            Load.Result result = load.run(time);
            long refused = result.count(503);
            return new Seen(
                    result.millis(100) / 1000,
                    refused,
                    result.answers() - refused - result.count(202));
        }
    }

    /** What the crowd asks with. */
    String by() {
        return String.format(
                Locale.ROOT,
                "%s, %,d connections",
                Wrk.isThere() ? "wrk" : "our own load",
                connections);
    }
}
