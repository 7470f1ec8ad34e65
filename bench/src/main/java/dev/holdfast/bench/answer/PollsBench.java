package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Ten thousand long polls held at once, all answered when their requests change. */
@Command(
        name = "polls",
        description = {
            "10,000 long polls for as many queued requests, held at once by a gateway with"
                    + " -Xmx256m;",
            "then the upstream opens, and every poll is answered."
        })
public final class PollsBench extends Benchmark {
    private static final int SIGNATURE_LENGTH = 344;
    private static final int WAIT_SECONDS = 60;
    private static final Duration HELD = Duration.ofSeconds(3);

    /** Polls of one group, and the time between two groups. */
    private static final int AT_ONCE = 500;

    private static final long APART_MILLIS = 300;

    /** Far less than a poll's time: they were told, they did not run out. */
    private static final double WANTED_SECONDS = 10;

    @Option(
            names = "--polls",
            defaultValue = "10000",
            description = "how many at once (default: ${DEFAULT-VALUE})")
    int polls = 10_000;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"),
                                Upstreams.at(
                                        signer(vertx), "[ { limit: 1000000, window: 1s } ]", 64));
                BenchCaller caller = new BenchCaller(gateway.port());
                ExecutorService threads = Executors.newCachedThreadPool()) {
            caller.send("POST", "/v1/upstreams/synthesia/pause").join();
            List<String> ids = ids(caller);
            List<Load> loads = new ArrayList<>();
            List<CompletableFuture<Load.Result>> held = new ArrayList<>();
            try {
                for (int from = 0; from < polls; from += AT_ONCE) {
                    int count = Math.min(AT_ONCE, polls - from);
                    Load load = new Load(gateway.port(), count, new Polls(ids), from);
                    loads.add(load);
                    held.add(CompletableFuture.supplyAsync(() -> run(load, count), threads));
                    TimeUnit.MILLISECONDS.sleep(APART_MILLIS);
                }
                TimeUnit.MILLISECONDS.sleep(HELD.toMillis());
                long early = loads.stream().mapToLong(Load::answered).sum();
                report.exactly("answered before anything changed", early, 0);
                report.figure("resident with all held", gateway.residentMegabytes(), "MB");
                long resumed = System.nanoTime();
                caller.send("POST", "/v1/upstreams/synthesia/resume").join();
                long good = 0;
                for (CompletableFuture<Load.Result> one : held) {
                    good += one.join().count(200);
                }
                double seconds = (System.nanoTime() - resumed) / 1e9;
                report.exactly("polls answered 200", good, polls);
                report.below("until the last was answered", seconds, WANTED_SECONDS, "s");
            } finally {
                for (Load load : loads) {
                    load.close();
                }
            }
        } finally {
            vertx.close().await();
        }
    }

    /** An upstream that signs at no cost. */
    private static int signer(Vertx vertx) {
        return vertx.createHttpServer()
                .requestHandler(
                        request -> {
                            var _ = request.response().end("s".repeat(SIGNATURE_LENGTH));
                        })
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
    }

    private static Load.Result run(Load load, int count) {
        try {
            return load.run(count, Duration.ofSeconds(WAIT_SECONDS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> ids(BenchCaller caller) {
        List<String> ids = new ArrayList<>();
        List<CompletableFuture<BenchCaller.Reply>> asked = new ArrayList<>();
        for (int i = 0; i < polls; i++) {
            asked.add(caller.sign("poll " + i, null));
            if (asked.size() == 100 || i == polls - 1) {
                asked.forEach(reply -> ids.add(reply.join().id()));
                asked.clear();
            }
        }
        return ids;
    }

    /** A long poll for each request. */
    private record Polls(List<String> ids) implements Load.Asks {
        @Override
        public void fill(ByteBuffer buffer, long number) {
            buffer.clear().put(bytes(ids.get((int) number))).flip();
        }

        @Override
        public int length() {
            return bytes(ids.getFirst()).length;
        }

        private static byte[] bytes(String id) {
            return ("GET /v1/requests/"
                            + id
                            + " HTTP/1.1\r\nHost: x\r\nPrefer: wait="
                            + WAIT_SECONDS
                            + "\r\nAuthorization: "
                            + Upstreams.KEY
                            + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1);
        }
    }
}
