package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Batches over HTTP, beside the store's own accepts in the same run. */
@Command(
        name = "batch",
        description = {
            "Lines a second of batches over HTTP, one after the other, beside accepts by the store",
            "without HTTP with 256 under way, each round one of both; and each line is there."
        })
public final class BatchBench extends Benchmark {
    private static final double WANTED_RATIO = 0.8;
    private static final int CALLERS = 256;

    @Option(
            names = "--lines",
            paramLabel = "N",
            defaultValue = "100000",
            description = "lines of a batch (default: ${DEFAULT-VALUE})")
    int lines = 100_000;

    @Mixin Rounds rounds = new Rounds();

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"), Upstreams.full(upstream.start()));
                StoreAccepts store = new StoreAccepts(scratch.path("store.db"));
                HttpClient client = HttpClient.newHttpClient()) {
            double[] accepts = new double[rounds.rounds];
            double[] batches = new double[rounds.rounds];
            for (int round = -1; round < rounds.rounds; round++) {
                double alone = store.perSecond(CALLERS, Duration.ofSeconds(rounds.seconds));
                double sent = send(client, gateway.port(), round);
                if (round >= 0) {
                    accepts[round] = alone;
                    batches[round] = sent;
                    report.say(
                            "round %d: store %,.0f accepts/s, batch of %,d lines %,.0f lines/s",
                            round + 1, alone, lines, sent);
                }
            }
            report.figure("store without HTTP", Rounds.median(accepts), "accepts/s");
            report.figure("batches over HTTP", Rounds.median(batches), "lines/s");
            report.figure("resident", gateway.residentMegabytes(), "MB");
            double[] ratios = new double[rounds.rounds];
            Arrays.setAll(ratios, round -> batches[round] / accepts[round]);
            report.atLeast("lines to accepts", Rounds.median(ratios), WANTED_RATIO, "");
        } finally {
            vertx.close().await();
        }
    }

    /** Lines a second, until the answer says that all are there. */
    private double send(HttpClient client, int port, int round)
            throws IOException, InterruptedException {
        StringBuilder body = new StringBuilder();
        for (int line = 0; line < lines; line++) {
            body.append("{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"batch ")
                    .append(round)
                    .append(' ')
                    .append(line)
                    .append("\"}}\n");
        }
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/batches"))
                        .header("Content-Type", "application/x-ndjson")
                        .header("Authorization", Upstreams.KEY)
                        .POST(
                                BodyPublishers.ofByteArray(
                                        body.toString().getBytes(StandardCharsets.UTF_8)))
                        .build();
        long began = System.nanoTime();
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        double seconds = (System.nanoTime() - began) / 1e9;
        if (answer.statusCode() != 202 || !answer.body().contains("\"accepted\":" + lines + ",")) {
            throw new IOException(answer.statusCode() + " " + answer.body());
        }
        return lines / seconds;
    }
}
