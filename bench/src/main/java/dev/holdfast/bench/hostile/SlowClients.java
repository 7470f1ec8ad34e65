package dev.holdfast.bench.hostile;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What ordinary callers notice of thousands that are slow, idle or deaf: the answer times of a
 * steady trickle of asks, measured from when each was due, without the others and beside them.
 */
@Command(name = "slow-clients", description = "answer times beside thousands of slow clients")
public final class SlowClients extends Benchmark {
    private static final String KEY = "a-key-for-measuring";

    /** Connections of the ordinary callers, each with one ask under way. */
    private static final int CALLERS = 8;

    /** Asks a second of each of them. */
    private static final int PER_SECOND = 25;

    /** Time for all to connect before anything is measured. */
    private static final Duration ARRIVAL = Duration.ofSeconds(5);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final double P99_BELOW_MILLIS = 100;

    @Option(names = "--slow", defaultValue = "5000", description = "clients of a byte a second")
    int slow;

    @Option(names = "--idle", defaultValue = "10000", description = "idle connections")
    int idle;

    @Option(
            names = "--endless",
            defaultValue = "50",
            description = "clients whose headers have no end")
    int endless;

    @Option(names = "--deaf", defaultValue = "50", description = "clients that read no answer")
    int deaf;

    @Option(names = "--seconds", defaultValue = "40", description = "length of each round")
    int seconds;

    /** What one caller saw, in microseconds. */
    private record Seen(Histogram known, Histogram fresh, long wrong) {}

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(
                                        vertx,
                                        SimulatedUpstream.Options.unlimited(1)
                                                .key("upstream-key")
                                                .latency(Latency.always(Duration.ofMillis(80))))
                                .start();
                GatewayProcess gateway = gateway(scratch.path("gateway"), upstream)) {
            ask(gateway.port(), known());
            tell(report, "alone", callers(gateway.port(), 10, 0), gateway);
            try (var swarm = new SlowSwarm(gateway.port(), KEY)) {
                swarm.add(SlowSwarm.Kind.SLOW_HEAD, slow / 2)
                        .add(SlowSwarm.Kind.SLOW_BODY, slow - slow / 2)
                        .add(SlowSwarm.Kind.IDLE, idle)
                        .add(SlowSwarm.Kind.ENDLESS_HEAD, endless)
                        .add(SlowSwarm.Kind.DEAF, deaf)
                        .start();
                LockSupport.parkNanos(ARRIVAL.toNanos());
                Seen beside = callers(gateway.port(), seconds, 1_000_000);
                tell(report, "beside them", beside, gateway);
                double open = connections(gateway.port());
                report.figure("connections open at the end", open, "");
                report.figure("connections made by the slow ones", (double) swarm.connects(), "");
                report.figure("of these thrown out", (double) swarm.thrownOut(), "");
                report.atLeast("slow and idle ones held at once", open, (slow + idle) * 0.9, "");
                verdict(report, "known results", beside.known());
                verdict(report, "new asks", beside.fresh());
                report.exactly("answers other than 200 or 202", beside.wrong(), 0);
            }
        } finally {
            vertx.close().await();
        }
    }

    private static void verdict(Report report, String what, Histogram micros) {
        double p99 = micros.getValueAtPercentile(99) / 1000.0;
        report.below(what + " beside them, p99", p99, P99_BELOW_MILLIS, "ms");
    }

    private static GatewayProcess gateway(Path folder, SimulatedUpstream upstream)
            throws IOException {
        return GatewayProcess.start(
                folder,
                """
            clients: [ { name: bench, key: %s, max-pending: 1000000 } ]
            upstreams:
              synthesia:
                url: %s
                headers: { Authorization: upstream-key }
            """
                        .formatted(KEY, upstream.uri()));
    }

    private static void tell(Report report, String when, Seen seen, GatewayProcess gateway)
            throws IOException {
        report.say(
                "%s: known results p50 %.2f, p99 %.2f, max %.1f ms; new asks p50 %.2f, p99 %.2f,"
                        + " max %.1f ms (%,d asks; gateway %.0f MB)",
                when,
                millis(seen.known(), 50),
                millis(seen.known(), 99),
                millis(seen.known(), 100),
                millis(seen.fresh(), 50),
                millis(seen.fresh(), 99),
                millis(seen.fresh(), 100),
                seen.known().getTotalCount() + seen.fresh().getTotalCount(),
                gateway.residentMegabytes());
    }

    private static double millis(Histogram micros, double percentile) {
        return micros.getValueAtPercentile(percentile) / 1000.0;
    }

    private static Seen callers(int port, int seconds, int from)
            throws InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newFixedThreadPool(CALLERS)) {
            List<Future<Seen>> all = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                int first = from + caller * 100_000;
                Callable<Seen> call = () -> call(port, seconds, first);
                all.add(threads.submit(call));
            }
            Histogram known = new Histogram(60_000_000, 3);
            Histogram fresh = new Histogram(60_000_000, 3);
            long wrong = 0;
            for (Future<Seen> one : all) {
                known.add(one.get().known());
                fresh.add(one.get().fresh());
                wrong += one.get().wrong();
            }
            return new Seen(known, fresh, wrong);
        }
    }

    /** One caller on one connection: known and new asks in turn. */
    private static Seen call(int port, int seconds, int first) throws IOException {
        Histogram known = new Histogram(60_000_000, 3);
        Histogram fresh = new Histogram(60_000_000, 3);
        long wrong = 0;
        try (Socket socket = connect(port)) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            long start = System.nanoTime() + (first % 7) * 1_000_000L;
            for (int i = 0; i < seconds * PER_SECOND; i++) {
                long due = start + i * (1_000_000_000L / PER_SECOND);
                LockSupport.parkNanos(due - System.nanoTime());
                boolean again = i % 2 == 0;
                socket.getOutputStream().write(again ? known() : fresh(first + i));
                int status = answer(in);
                long micros = (System.nanoTime() - due) / 1000;
                (again ? known : fresh).recordValue(Math.max(0, micros));
                wrong += status == (again ? 200 : 202) ? 0 : 1;
            }
        }
        return new Seen(known, fresh, wrong);
    }

    private static byte[] known() {
        return request("GET /crypto/sign?message=known", "");
    }

    private static byte[] fresh(int number) {
        return request("GET /crypto/sign?message=new-" + number, "Prefer: respond-async\r\n");
    }

    private static byte[] request(String line, String headers) {
        return (line
                        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                        + KEY
                        + "\r\n"
                        + headers
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) ANSWER_LIMIT.toMillis());
        return socket;
    }

    private static void ask(int port, byte[] request) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(request);
            int status = answer(socket.getInputStream());
            if (status != 200) {
                throw new IOException("the first ask was answered " + status);
            }
        }
    }

    private static double connections(int port) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(request("GET /metrics", "Connection: close\r\n"));
            String text =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> line.startsWith("holdfast_http_connections "))
                    .mapToDouble(line -> Double.parseDouble(line.split(" ", 2)[1]))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Reads one answer to its end; its status. */
    private static int answer(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed after: " + head);
            }
            head.append((char) next);
        }
        String lower = head.toString().toLowerCase(java.util.Locale.ROOT);
        int at = lower.indexOf("content-length: ");
        int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf("\r\n", at)).strip());
        in.skipNBytes(length);
        return Integer.parseInt(head.substring(9, 12));
    }
}
