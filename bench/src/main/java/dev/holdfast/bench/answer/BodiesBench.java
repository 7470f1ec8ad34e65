package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Others;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGeneratorFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Large answers and large bodies, many at once, and what others see of them. */
@Command(
        name = "bodies",
        description = {
            "100 answers of 10 MiB at once through a gateway with -Xmx256m, then 100 such bodies: all of",
            "them right, its memory, and the answers of ordinary callers alone and meanwhile."
        })
public final class BodiesBench extends Benchmark {
    private static final int PART_BYTES = 64 << 10;
    private static final double MOST_MEGABYTES = 500;
    private static final double MOST_MILLIS = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** What others ask for anew is numbered apart. */
    private static final int NUMBERS = 10_000_000;

    @Option(
            names = "--count",
            defaultValue = "100",
            description = "how many at once (default: ${DEFAULT-VALUE})")
    int count = 100;

    @Option(
            names = "--mebibytes",
            defaultValue = "10",
            description = "size of each, 1 to 64 (default: ${DEFAULT-VALUE})")
    int mebibytes = 10;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "how long others ask alone, in seconds (default: ${DEFAULT-VALUE})")
    int seconds = 10;

    private byte[] body = new byte[0];
    private int asked;

    private static String yaml(int port) {
        return """
        upstreams:
          synthesia: { url: "http://127.0.0.1:%1$d", headers: {}, quota: [], concurrency: 4 }
          api: { url: "http://127.0.0.1:%1$d", headers: { X-Holdfast: api }, quota: [], concurrency: 100, timeout: 10m }
        routes:
          - path: /crypto/sign
            methods: [GET]
            upstream: synthesia
            call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
            params: { message: { required: true, max-bytes: 4096 } }
            result: { field: signature, from: text }
            cache: { ttl: 1h, max-entries: 1000000 }
          - path: /any/{rest...}
            methods: [GET, POST]
            upstream: api
            pass: { path: "/{rest}", query: true, body: 64MiB }
            result: { max: 64MiB }
            hold: 10m
        %2$s"""
                .formatted(port, Upstreams.CALLER);
    }

    @Override
    public void measure(Report report) throws Exception {
        body = new byte[mebibytes << 20];
        RandomGeneratorFactory.of("L64X128MixRandom").create(1).nextBytes(body);
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                ExecutorService threads = Executors.newFixedThreadPool(count)) {
            int peer = serve(vertx);
            try (GatewayProcess gateway =
                    GatewayProcess.start(scratch.path("gateway"), yaml(peer))) {
                warmUp(gateway);
                Others.Seen alone = others(gateway, () -> TimeUnit.SECONDS.sleep(seconds));
                say(report, "alone", alone);
                try (HttpClient client = client()) {
                    wave(report, gateway, "answers", threads, i -> fetched(client, gateway, i));
                }
                try (HttpClient client = client()) {
                    wave(report, gateway, "bodies", threads, i -> sent(client, gateway, i));
                }
                report.below("resident at most", gateway.peakMegabytes(), MOST_MEGABYTES, "MB");
            }
        } finally {
            vertx.close().await();
        }
    }

    /** One that has no connection yet: what was idle for long may be closed by the gateway. */
    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private interface One {
        boolean isRight(int number) throws Exception;
    }

    private interface While {
        void run() throws Exception;
    }

    private void wave(
            Report report, GatewayProcess gateway, String what, ExecutorService threads, One one)
            throws Exception {
        int[] right = new int[1];
        long began = System.nanoTime();
        Others.Seen seen = others(gateway, () -> right[0] = right(threads, one));
        double took = (System.nanoTime() - began) / 1e9;
        report.exactly(what + " that were right", right[0], count);
        report.figure(what + ", all of them", took, "s");
        say(report, "beside " + what, seen);
        report.below("others' p99 beside " + what, seen.millis(99), MOST_MILLIS, "ms");
        report.exactly("others' asks that failed beside " + what, seen.wrong(), 0);
    }

    private int right(ExecutorService threads, One one) throws Exception {
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            Callable<Boolean> task = () -> one.isRight(number);
            all.add(threads.submit(task));
        }
        int right = 0;
        for (Future<Boolean> each : all) {
            right += each.get() ? 1 : 0;
        }
        return right;
    }

    private static void say(Report report, String when, Others.Seen seen) {
        report.say(
                "others %s: p50 %.2f ms, p99 %.2f ms, longest %.0f ms",
                when, seen.millis(50), seen.millis(99), seen.millis(100));
    }

    /** What others see while something else goes on. */
    private Others.Seen others(GatewayProcess gateway, While meanwhile) throws Exception {
        asked += NUMBERS;
        try (Others others = new Others(gateway.port(), Upstreams.KEY, asked)) {
            meanwhile.run();
            return others.seen();
        }
    }

    private void warmUp(GatewayProcess gateway) throws Exception {
        while (Others.get(gateway.port(), Upstreams.KEY, "/crypto/sign?message=known", "") != 200) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        others(gateway, () -> TimeUnit.SECONDS.sleep(seconds));
    }

    /** Answers with the body, or tells whether it got it. */
    private int serve(Vertx vertx) {
        Buffer whole = Buffer.buffer(body);
        HttpServer server =
                vertx.createHttpServer()
                        .requestHandler(
                                request -> {
                                    if (request.path().startsWith("/crypto")) {
                                        var _ = request.response().end("signed");
                                    } else if (request.path().equals("/down")) {
                                        var _ = request.response().end(whole);
                                    } else {
                                        compare(request);
                                    }
                                })
                        .listen(0, "127.0.0.1")
                        .await();
        return server.actualPort();
    }

    private void compare(HttpServerRequest request) {
        Comparison so = new Comparison();
        request.handler(
                part -> {
                    byte[] bytes = part.getBytes();
                    so.add(bytes, bytes.length);
                });
        request.endHandler(_ -> request.response().end(so.isWhole() ? "right" : "wrong"));
    }

    /** Whether bytes that come are the body's. */
    private final class Comparison {
        private int at;
        private boolean right = true;

        void add(byte[] bytes, int some) {
            right &= at + some <= body.length && Arrays.equals(bytes, 0, some, body, at, at + some);
            at += some;
        }

        boolean isWhole() {
            return right && at == body.length;
        }
    }

    private boolean fetched(HttpClient client, GatewayProcess gateway, int number)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> answer =
                client.send(
                        request(gateway.port(), "/any/down?n=" + number).build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        Comparison so = new Comparison();
        try (InputStream in = answer.body()) {
            byte[] part = new byte[PART_BYTES];
            for (int some; (some = in.read(part)) > 0; ) {
                so.add(part, some);
            }
        }
        return answer.statusCode() == 200 && so.isWhole();
    }

    /** The client would copy an array whole before it sends any of it: a hundred are a gigabyte. */
    private HttpRequest.BodyPublisher streamed() {
        return HttpRequest.BodyPublishers.fromPublisher(
                HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)),
                body.length);
    }

    private boolean sent(HttpClient client, GatewayProcess gateway, int number)
            throws IOException, InterruptedException {
        HttpRequest post = request(gateway.port(), "/any/up?n=" + number).POST(streamed()).build();
        return client.send(post, HttpResponse.BodyHandlers.ofString()).body().equals("right");
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE)
                .header("Authorization", Upstreams.KEY);
    }
}
