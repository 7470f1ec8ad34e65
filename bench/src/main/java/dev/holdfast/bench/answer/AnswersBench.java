package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Answers from the cache, beside a bare handler that sends the same bytes. */
@Command(
        name = "answers",
        description = {
            "Cached answers a second over 64 connections, beside a bare Vert.x handler that",
            "sends the same bytes; the load program runs on the same cores."
        })
public final class AnswersBench extends Benchmark {
    private static final int CONNECTIONS = 64;

    /** Answers before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_ANSWERS = 1_500_000;

    private static final Duration WARM_UP_TIME = Duration.ofMinutes(1);
    private static final double WANTED_RATIO = 0.9;
    private static final String TARGET = "/crypto/sign?message=a+message+that+is+known";

    @Mixin Rounds rounds = new Rounds();

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"), Upstreams.plenty(upstream.start()))) {
            exchange(gateway.port());
            Path answer = scratch.path("answer");
            Files.writeString(answer, exchange(gateway.port()), StandardCharsets.ISO_8859_1);
            try (BareServer bare = new BareServer(answer)) {
                compare(report, bare.port(), gateway.port());
            }
        } finally {
            vertx.close().await();
        }
    }

    private void compare(Report report, int bare, int gateway) throws IOException {
        double[] ceiling = new double[rounds.rounds];
        double[] cached = new double[rounds.rounds];
        double[] p99 = new double[rounds.rounds];
        try (Load onBare = load(bare);
                Load onGateway = load(gateway)) {
            onBare.run(WARM_UP_ANSWERS, WARM_UP_TIME).all(200);
            onGateway.run(WARM_UP_ANSWERS, WARM_UP_TIME).all(200);
            Duration time = Duration.ofSeconds(rounds.seconds);
            for (int round = 0; round < rounds.rounds; round++) {
                Load.Result bareResult = onBare.run(time).all(200);
                Load.Result result = onGateway.run(time).all(200);
                ceiling[round] = bareResult.perSecond();
                cached[round] = result.perSecond();
                p99[round] = result.millis(99);
                report.say(
                        "round %d: bare %,.0f/s p99 %.2f ms, cached %,.0f/s p99 %.2f ms",
                        round + 1,
                        ceiling[round],
                        bareResult.millis(99),
                        cached[round],
                        p99[round]);
            }
        }
        double rate = Rounds.median(cached);
        report.figure("bare handler", Rounds.median(ceiling), "answers/s");
        report.beside("cached answers", rate, 100_000, "answers/s");
        report.beside("p99 of cached answers", Rounds.median(p99), 3, "ms");
        report.atLeast(
                "cached answers to bare handler", rate / Rounds.median(ceiling), WANTED_RATIO, "");
    }

    private static Load load(int port) throws IOException {
        return new Load(port, CONNECTIONS, Template.get(TARGET), 0);
    }

    /** One answer, as it comes over the wire, without what concerns the connection. */
    private static String exchange(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            ("GET "
                                            + TARGET
                                            + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                            + "Authorization: "
                                            + Upstreams.KEY
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.ISO_8859_1));
            String answer =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            if (!answer.startsWith("HTTP/1.1 200 ")) {
                throw new IOException("not 200: " + answer);
            }
            return answer.replaceFirst("(?i)connection: close\r\n", "");
        }
    }
}
