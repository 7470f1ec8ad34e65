package dev.holdfast.bench;

import dev.holdfast.simulator.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Ten thousand long polls held at once, all answered when their requests change. */
@Command(
        name = "polls",
        description = {
            "10,000 long polls for as many queued requests, held at once by a gateway with -Xmx256m;",
            "then the upstream opens, and every poll is answered."
        })
final class PollsBench extends Benchmark {
    private static final int WAIT_SECONDS = 30;
    private static final Duration HELD = Duration.ofSeconds(8);

    @Option(
            names = "--polls",
            defaultValue = "10000",
            description = "how many at once (default: ${DEFAULT-VALUE})")
    int polls = 10_000;

    @Override
    void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                World world =
                        new World(
                                vertx,
                                scratch.path("gateway"),
                                SimulatedUpstream.Options.unlimited(1),
                                Upstreams::plenty)) {
            world.caller.send("POST", "/v1/upstreams/synthesia/pause").join();
            try (Load load = new Load(world.gateway.port(), polls, new Polls(ids(world)), 0)) {
                CompletableFuture<Load.Result> held =
                        CompletableFuture.supplyAsync(() -> run(load));
                TimeUnit.MILLISECONDS.sleep(HELD.toMillis());
                report.exactly("answered before anything changed", load.answered(), 0);
                report.figure("resident with all held", world.gateway.residentMegabytes(), "MB");
                long resumed = System.nanoTime();
                world.caller.send("POST", "/v1/upstreams/synthesia/resume").join();
                Load.Result result = held.join();
                report.figure(
                        "until the last was answered", (System.nanoTime() - resumed) / 1e9, "s");
                report.exactly("polls answered 200", result.count(200), polls);
                report.below(
                        "slowest answer, less than a poll's time",
                        result.millis(100) / 1000,
                        WAIT_SECONDS,
                        "s");
            }
        } finally {
            vertx.close().await();
        }
    }

    private Load.Result run(Load load) {
        try {
            return load.run(polls, Duration.ofSeconds(WAIT_SECONDS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> ids(World world) {
        List<String> ids = new ArrayList<>();
        List<CompletableFuture<Caller.Reply>> asked = new ArrayList<>();
        for (int i = 0; i < polls; i++) {
            asked.add(world.caller.sign("poll " + i, null));
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
