package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Requests that are passed on: beside the same calls made directly, and beside receipts. */
@Command(
        name = "pass",
        description = {
            "A pass route: how much longer a call through it takes than the same call made directly,",
            "one after the other, and receipts a second for bodies of 1 kB beside those of",
            "/crypto/sign."
        })
public final class PassBench extends Benchmark {
    private static final int BODY_BYTES = 1_000;
    private static final double MOST_MORE_MILLIS = 3;
    private static final double WANTED_RATIO = 0.5;
    private static final int CALLERS = 256;
    private static final long WARM_UP_ASKS = 60_000;
    private static final long WARM_UP_CALLS = 10_000;
    private static final Duration WARM_UP_TIME = Duration.ofMinutes(1);

    private static final Template CALL = post("/any/v1/chat?n={n}", "");
    private static final Template RECEIPT =
            post("/full/v1/chat?n={n}", "Prefer: respond-async\r\n");
    private static final Template SIGN = Template.getReceipt("/crypto/sign?message=durable+{n}");

    @Mixin Rounds rounds = new Rounds();

    private long asked;

    private static Template post(String target, String headers) {
        return Template.post(target, headers, "x".repeat(BODY_BYTES));
    }

    private static String yaml(int port) {
        return """
        upstreams:
          synthesia:
            { url: "http://127.0.0.1:%1$d", headers: {}, quota: [ { limit: 1, window: 24h } ], concurrency: 1 }
          api: { url: "http://127.0.0.1:%1$d", headers: { X-Holdfast: api }, quota: [], concurrency: 64 }
        routes:
          - path: /crypto/sign
            methods: [GET]
            upstream: synthesia
            call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
            params: { message: { required: true, max-bytes: 4096 } }
            result: { field: signature, from: text }
          - { path: "/any/{rest...}", methods: [POST], upstream: api, pass: { path: "/{rest}", query: true }, hold: 1m }
          - { path: "/full/{rest...}", methods: [POST], upstream: synthesia, pass: { path: "/{rest}", query: true } }
        %2$s"""
                .formatted(port, Upstreams.CALLER);
    }

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch()) {
            Buffer answer = Buffer.buffer("y".repeat(BODY_BYTES));
            HttpServer peer =
                    vertx.createHttpServer()
                            .requestHandler(
                                    request ->
                                            request.body()
                                                    .onSuccess(_ -> request.response().end(answer)))
                            .listen(0, "127.0.0.1")
                            .await();
            try (GatewayProcess gateway =
                    GatewayProcess.start(scratch.path("gateway"), yaml(peer.actualPort()))) {
                latencies(report, gateway.port(), peer.actualPort());
                rates(report, gateway.port());
            }
        } finally {
            vertx.close().await();
        }
    }

    private void latencies(Report report, int gateway, int peer) throws Exception {
        try (Load warm = new Load(gateway, 16, CALL, 0)) {
            asked += warm.run(WARM_UP_CALLS, WARM_UP_TIME).answers();
        }
        double[] more = new double[rounds.rounds];
        Duration time = Duration.ofSeconds(rounds.seconds);
        try (Load through = new Load(gateway, 1, CALL, asked);
                Load direct = new Load(peer, 1, CALL, 0)) {
            for (int round = -1; round < rounds.rounds; round++) {
                Load.Result straight = direct.run(time).all(200);
                Load.Result kept = through.run(time).all(200);
                asked += kept.answers();
                if (round >= 0) {
                    more[round] = kept.millis(50) - straight.millis(50);
                    report.say(
                            "round %d: direct p50 %.3f ms, through a pass route p50 %.3f ms p99 %.2f ms",
                            round + 1, straight.millis(50), kept.millis(50), kept.millis(99));
                }
            }
        }
        report.below("longer at p50 than directly", Rounds.median(more), MOST_MORE_MILLIS, "ms");
    }

    private void rates(Report report, int gateway) throws Exception {
        double[] passed = new double[rounds.rounds];
        double[] signed = new double[rounds.rounds];
        Duration time = Duration.ofSeconds(rounds.seconds);
        try (Load pass = new Load(gateway, CALLERS, RECEIPT, 0);
                Load sign = new Load(gateway, CALLERS, SIGN, 0)) {
            // The very first ask gets the one slot.
            sign.run(WARM_UP_ASKS, WARM_UP_TIME);
            pass.run(WARM_UP_ASKS, WARM_UP_TIME);
            for (int round = 0; round < rounds.rounds; round++) {
                signed[round] = sign.run(time).all(202).perSecond();
                passed[round] = pass.run(time).all(202).perSecond();
                report.say(
                        "round %d: %,.0f receipts/s of /crypto/sign, %,.0f/s passed on with 1 kB",
                        round + 1, signed[round], passed[round]);
            }
        }
        report.figure("receipts of /crypto/sign", Rounds.median(signed), "answers/s");
        report.figure(
                "receipts of a pass route, bodies of 1 kB", Rounds.median(passed), "answers/s");
        report.atLeast(
                "pass route to /crypto/sign",
                Rounds.median(passed) / Rounds.median(signed),
                WANTED_RATIO,
                "");
    }
}
