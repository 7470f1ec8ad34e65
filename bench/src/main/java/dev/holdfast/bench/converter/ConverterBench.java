package dev.holdfast.bench.converter;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.http.Problem;
import dev.holdfast.http.Responder;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.VertxTimers;
import dev.holdfast.rates.feed.Answering;
import dev.holdfast.rates.feed.ConvertRoutes;
import dev.holdfast.rates.source.EcbFetcher;
import dev.holdfast.rates.source.EcbHistory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the converter beside a bare WebSocket echo of the same frames, each as a server in a
 * process of its own on one core: messages a second of processor time, latency at 2,000 a second,
 * and the heap after a million messages.
 */
@Command(
        name = "converter",
        description = "Conversions a second on one core beside a bare WebSocket echo of the frames")
public final class ConverterBench extends Benchmark {
    /** Wanted: this share of the echo. */
    private static final double OF_ECHO = 0.55;

    private static final double P99_MILLIS = 5;

    private static final int PACED_PER_SECOND = 2000;
    private static final int PACED_COUNT = 30_000;
    private static final int DAYS = 30;

    /** Frames in one write, where writes are to cost nothing. */
    private static final int TOGETHER = 64;

    /** Messages before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_MESSAGES = 3_000_000;

    private static final String STREAM = "/v1/convert/stream";

    /** As a capture of 120 messages of the feed had them, less what the ECB does not have. */
    private static final List<String> CURRENCIES =
            List.of("EUR", "USD", "PLN", "HRK", "GBP", "CZK", "USD", "PLN", "EUR", "GBP");

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "of each side, in turn (default: ${DEFAULT-VALUE})")
    int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "of a round (default: ${DEFAULT-VALUE})")
    int seconds;

    /** What is measured: {@code echo} or {@code convert}. */
    public static void main(String[] args) throws Exception {
        serve(args[0].equals("convert"));
    }

    @Override
    public void measure(Report report) throws Exception {
        byte[][] frames = FrameLoad.encode(messages());
        try (var echo = new Served("echo");
                var convert = new Served("convert")) {
            send(echo, frames, seconds, WARM_UP_MESSAGES);
            send(convert, frames, seconds, WARM_UP_MESSAGES);
            report.atLeast(
                    "converted to echoed, a frame a write",
                    ratio(report, echo, convert, frames, 1),
                    OF_ECHO,
                    "");
            report.figure(
                    "converted to echoed, " + TOGETHER + " frames a write",
                    ratio(report, echo, convert, frames, TOGETHER),
                    "");
            report.figure("echo: p99 at 2,000/s", paced(echo, frames), "ms");
            report.below("converter: p99 at 2,000/s", paced(convert, frames), P99_MILLIS, "ms");
            memory(report, convert, frames);
        }
    }

    private double ratio(Report report, Served echo, Served convert, byte[][] frames, int together)
            throws Exception {
        List<Long> echoed = new ArrayList<>();
        List<Long> converted = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            echoed.add(flood(echo, frames, together, seconds));
            converted.add(flood(convert, frames, together, seconds));
        }
        String write = together == 1 ? "a frame a write" : together + " frames a write";
        report.figure(write + ": echoed on one core", (double) median(echoed), "a second");
        report.figure(write + ": converted on one core", (double) median(converted), "a second");
        return (double) median(converted) / median(echoed);
    }

    /** Messages in a second of the server's processor time: others' load does not count. */
    private static long flood(Served server, byte[][] frames, int together, int seconds)
            throws Exception {
        try (var load = new FrameLoad(server.port, STREAM)) {
            long before = server.ask("cpu");
            long answers = load.flood(frames, together, TimeUnit.SECONDS.toNanos(seconds));
            return answers * 1_000_000 / Math.max(1, server.ask("cpu") - before);
        }
    }

    private static double paced(Served server, byte[][] frames) throws Exception {
        try (var load = new FrameLoad(server.port, STREAM)) {
            Histogram latencies = load.pace(frames, PACED_PER_SECOND, PACED_COUNT);
            return latencies.getValueAtPercentile(99) / 1000.0;
        }
    }

    private void memory(Report report, Served server, byte[][] frames) throws Exception {
        long before = server.ask("heap");
        long messages = send(server, frames, seconds, 1_000_000);
        long after = server.ask("heap");
        report.figure("heap after collection", (double) before, "kB");
        report.figure("messages until the next look", (double) messages, "");
        report.atMost("heap after collection, then", (double) after, before * 1.1 + 1000, "kB");
    }

    private static long send(Served server, byte[][] frames, int seconds, long atLeast)
            throws Exception {
        long messages = 0;
        while (messages < atLeast) {
            try (var load = new FrameLoad(server.port, STREAM)) {
                messages += load.flood(frames, TOGETHER, TimeUnit.SECONDS.toNanos(seconds));
            }
        }
        return messages;
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static String[] messages() {
        Random random = new Random(2022);
        String[] messages = new String[64];
        for (int i = 0; i < messages.length; i++) {
            messages[i] =
                    String.format(
                            Locale.ROOT,
                            "{\"type\":\"message\",\"id\":%d,\"payload\":{\"marketId\":%d,\"selectionId\":%d,"
                                    + "\"odds\":%.2f,\"stake\":%.5f,\"currency\":\"%s\",\"date\":\"%sT21:32:42.324Z\"}}",
                            456_000 + i,
                            random.nextInt(1_000_000),
                            random.nextInt(1_000_000),
                            1.02 + random.nextDouble(8),
                            18 + random.nextDouble(9966),
                            CURRENCIES.get(random.nextInt(CURRENCIES.size())),
                            LocalDate.of(2022, 1, 10).plusDays(random.nextInt(DAYS)));
        }
        return messages;
    }

    /** A server in a process of its own, on the first core where that can be said. */
    private static final class Served implements AutoCloseable {
        private final Process process;
        private final BufferedReader from;
        private final int port;

        Served(String what) throws IOException {
            List<String> command = new ArrayList<>();
            if (Path.of("/usr/bin/taskset").toFile().canExecute()) {
                command.addAll(List.of("/usr/bin/taskset", "-c", "0"));
            }
            command.addAll(
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ConverterBench.class.getName(),
                            what));
            process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            from = process.inputReader(StandardCharsets.UTF_8);
            port = Integer.parseInt(line());
        }

        /** Its heap in kB after a collection, or its processor time in microseconds. */
        long ask(String what) throws IOException {
            process.outputWriter(StandardCharsets.UTF_8).append(what).append('\n').flush();
            return Long.parseLong(line());
        }

        private String line() throws IOException {
            String line = from.readLine();
            if (line == null) {
                throw new IOException("the server ended");
            }
            return line;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    /** Serves on a free port, which it prints, until its standard input ends. */
    private static void serve(boolean convert) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        HttpServer server = vertx.createHttpServer();
        if (convert) {
            ConvertRoutes routes = converter(vertx);
            server.requestHandler(request -> routes.stream(new Open(request)));
        } else {
            server.webSocketHandler(socket -> socket.textMessageHandler(socket::writeTextMessage));
        }
        server.listen(0, "127.0.0.1").await();
        System.out.println(server.actualPort());
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(line.equals("cpu") ? processorMicros() : heapKilobytes());
        }
        vertx.close().await();
    }

    /** A server that lets everybody in, for streams alone. */
    private record Open(HttpServerRequest request) implements Responder {
        @Override
        public void problem(Problem problem) {
            request.response().setStatusCode(problem.kind().status()).end();
        }

        @Override
        public void json(int status, Buffer body) {
            request.response().setStatusCode(status).end(body);
        }

        @Override
        public Future<ServerWebSocket> upgrade() {
            return request.toWebSocket();
        }
    }

    private static long processorMicros() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(time -> time.toNanos() / 1000)
                .orElseThrow();
    }

    private static long heapKilobytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1024;
    }

    private static ConvertRoutes converter(Vertx vertx) {
        InstantSource clock = InstantSource.system();
        RatesMetrics metrics = new RatesMetrics();
        var rates =
                new Rates(
                        new EcbFetcher(EcbHistory.load(), clock),
                        clock,
                        new VertxTimers(vertx),
                        metrics,
                        new Rates.Settings(
                                Duration.ofHours(2), Duration.ofSeconds(2), Duration.ofDays(7)));
        var converter = new Converter(rates, new Conversion(5, RoundingMode.DOWN));
        return new ConvertRoutes(vertx, new Answering(converter, "EUR", clock, metrics), clock);
    }
}
