package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.ServerSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.Signing;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.warmup.WarmUp;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import dev.holdfast.wire.BasePath;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The whole program in one process, against the simulated upstream. */
@Timeout(60)
class ServeTest {
    private static final String KEY = "hf_0123456789abcdef0123456789abcdef";

    private static final Duration WEEK = Duration.ofDays(7);
    private static final Duration SOON = Duration.ofMillis(1800);

    @TempDir Path folder;
    private Vertx vertx;
    private SimulatedUpstream upstream;

    @BeforeEach
    void startUpstream() {
        vertx = Vertx.vertx();
        upstream = new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1)).start();
    }

    @AfterEach
    void stopUpstream() throws Exception {
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().get();
    }

    private Settings settings(String upstreamUrl, String more) {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams:
                  synthesia: { url: "%s", headers: {}, quota: [], retry: { first: 50ms, max: 50ms } }
                %s
                """
                        .formatted(folder.resolve("holdfast.db"), upstreamUrl, more);
        try {
            return Configuration.parse(
                            "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                    .settings();
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private String upstreamUrl() {
        return "http://127.0.0.1:" + upstream.port();
    }

    private long calls() {
        return upstream.stats(false).getLong("calls");
    }

    @Test
    void aMessageIsSignedOnceAndThenKnown() throws Exception {
        try (Serve serve = Serve.start(settings(upstreamUrl(), ""));
                var client = new GatewayClient(serve.uri(), null)) {
            var signing = new Signing(client, "/crypto/sign");

            Signing.Ended first = signing.sign("hello");
            Signing.Ended second = signing.sign("hello");

            assertThat(first)
                    .isInstanceOfSatisfying(
                            Signing.Ended.Signed.class,
                            signed ->
                                    assertThat(second)
                                            .isInstanceOfSatisfying(
                                                    Signing.Ended.Signed.class,
                                                    again ->
                                                            assertThat(again.result())
                                                                    .isEqualTo(signed.result())));
            assertThat(calls()).isEqualTo(1);
        }
    }

    @Test
    void aGatewayWithoutAConverterSaysSoWhereOneIsAskedFor() throws Exception {
        try (Serve serve = Serve.start(settings(upstreamUrl(), ""));
                var client = new GatewayClient(serve.uri(), null)) {
            GatewayClient.Reply reply = client.get("/v1/convert?amount=1&from=USD&to=EUR", null);

            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.text("detail")).contains("no converter: set rates.feed");
        }
    }

    @Test
    void aThirdApiIsWrappedByConfigurationAlone() throws Exception {
        String routes =
                """
                routes:
                  - path: /echo
                    upstream: synthesia
                    call: { method: POST, path: /v1/echo-json, json: { text: "{text}" } }
                    params: { text: {} }
                    repeatable: true
                    result: { field: echoed, from: json }
                """;
        try (Serve serve = Serve.start(settings(upstreamUrl(), routes));
                var client = new GatewayClient(serve.uri(), null)) {
            GatewayClient.Reply reply = client.ask("/echo", "text", "a \"quoted\" ü", null);

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.body().path("echoed").path("echo").path("text").asText())
                    .isEqualTo("a \"quoted\" ü");
            assertThat(client.ask("/crypto/sign", "message", "m", null).status()).isEqualTo(404);
        }
    }

    @Test
    void aParameterReachesTheUpstreamAndItsFollowersAsJsonOfItsType() throws Exception {
        String routes =
                """
                routes:
                  - path: /echo
                    methods: [GET, POST, PUT, DELETE]
                    upstream: synthesia
                    call: { method: POST, path: /v1/echo-json, json: { n: {n}, all: {all} } }
                    params: { n: { type: integer }, all: { type: object, required: false } }
                    result: { field: echoed, from: json }
                """;
        try (Serve serve = Serve.start(settings(upstreamUrl(), routes));
                var client = HttpClient.newHttpClient()) {
            String asked = "{\"n\": 12345678901234567890, \"all\": {\"x\": [1.50]}}";
            URI echo = serve.uri().resolve("/echo");
            for (String method : List.of("POST", "PUT")) {
                var ask =
                        HttpRequest.newBuilder(echo)
                                .header("content-type", "application/json")
                                .header("idempotency-key", method)
                                .method(method, HttpRequest.BodyPublishers.ofString(asked));
                assertThat(done(client, ask.build()))
                        .contains("{\"echo\":{\"n\":12345678901234567890,\"all\":{\"x\":[1.5]}}");
            }
            var delete = HttpRequest.newBuilder(URI.create(echo + "?n=7")).DELETE();
            assertThat(done(client, delete.header("idempotency-key", "DELETE").build()))
                    .contains("{\"echo\":{\"n\":7,\"all\":null}");
            var list = HttpRequest.newBuilder(serve.uri().resolve("/v1/requests")).build();
            assertThat(client.send(list, HttpResponse.BodyHandlers.ofString()).body())
                    .contains("\"params\":{\"n\":7}")
                    .contains("\"params\":{\"all\":{\"x\":[1.50]},\"n\":12345678901234567890}");
        }
    }

    /** The result, however often it takes to ask for it. */
    private static String done(HttpClient client, HttpRequest ask) throws Exception {
        HttpResponse<String> answer;
        do {
            answer = client.send(ask, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isIn(200, 202, 503);
        } while (answer.statusCode() != 200);
        return answer.body();
    }

    @Test
    void aReceiptOutlivesTheProcess() throws Exception {
        String id;
        try (Serve serve = Serve.start(settings("http://127.0.0.1:1", ""));
                var client = new GatewayClient(serve.uri(), null)) {
            GatewayClient.Reply receipt = client.ask("/crypto/sign", "message", "later", null);
            assertThat(receipt.status()).isEqualTo(202);
            id = receipt.text("id");
        }

        try (Serve serve = Serve.start(settings(upstreamUrl(), ""));
                var client = new GatewayClient(serve.uri(), null)) {
            GatewayClient.Reply reply;
            do {
                reply = client.get("/v1/requests/" + id, "wait=30");
            } while (!reply.text("status").equals("succeeded"));
            assertThat(reply.body().path("result").path("signature").asText()).hasSize(344);
        }
    }

    @Test
    void aConfiguredKeyIsAskedFor() throws Exception {
        String clients = "clients: [ { name: shop, key: " + KEY + " } ]";
        try (Serve serve = Serve.start(settings(upstreamUrl(), clients));
                var stranger = new GatewayClient(serve.uri(), null);
                var shop = new GatewayClient(serve.uri(), KEY)) {
            assertThat(stranger.ask("/crypto/sign", "message", "m", null).status()).isEqualTo(401);
            assertThat(shop.ask("/crypto/sign", "message", "m", null).status()).isEqualTo(200);
        }
    }

    @Test
    void aPortInUseIsOneClearLine() {
        try (Serve first = Serve.start(settings(upstreamUrl(), ""))) {
            var store = new StoreSettings("sqlite:" + folder.resolve("other.db"), WEEK);
            Settings other = settings(upstreamUrl(), "");
            int port = first.uri().getPort();
            var server =
                    new ServerSettings(
                            "127.0.0.1",
                            port,
                            null,
                            SOON,
                            10,
                            Duration.ZERO,
                            BasePath.NONE,
                            other.server().listen());
            var taken =
                    new Settings(
                            server,
                            store,
                            other.clients(),
                            other.upstreams(),
                            other.routes(),
                            other.webhooks(),
                            other.rates(),
                            other.logging(),
                            other.tracing());

            assertThatThrownBy(() -> Serve.start(taken))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("port " + first.uri().getPort())
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsOneClearLine() throws Exception {
        // RFC 5737: an address of documentation is nobody's.
        String yaml =
                """
                server: { host: 192.0.2.1, port: 9308 }
                store: { url: "sqlite:%s" }
                clients: [ { name: shop, key: %s } ]
                upstreams: { synthesia: { url: "%s", headers: {} } }
                """
                        .formatted(folder.resolve("other.db"), KEY, upstreamUrl());
        Settings elsewhere =
                Configuration.parse(
                                "test",
                                yaml,
                                Variables.of(Map.of()),
                                Purpose.GATEWAY,
                                store -> false)
                        .settings();

        assertThatThrownBy(() -> Serve.start(elsewhere))
                .isInstanceOf(Failure.class)
                .hasMessage(
                        "holdfast: server.host: 192.0.2.1 is not an address of this machine;"
                                + " 0.0.0.0 is all of them");
    }

    @Test
    void aStoreInUseIsOneClearLine() {
        try (Serve first = Serve.start(settings(upstreamUrl(), ""))) {
            assertThat(first.uri().getPort()).isPositive();
            assertThatThrownBy(() -> Serve.start(settings(upstreamUrl(), "")))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("holdfast.db");
        }
    }

    @Test
    void aFileOfMessagesGoesOnWhereItStopped() throws IOException {
        Path messages = folder.resolve("messages.txt");
        Path out = folder.resolve("out.jsonl");
        List<String> lines = IntStream.range(0, 300).mapToObj(i -> "line " + i).toList();
        try (Serve serve = Serve.start(settings(upstreamUrl(), ""))) {
            Files.write(messages, lines.subList(0, 100));
            assertThat(sign(serve, messages, out)).isZero();
            assertThat(calls()).isEqualTo(100);

            Files.write(messages, lines);
            assertThat(sign(serve, messages, out)).isZero();

            assertThat(calls()).isEqualTo(300);
            assertThat(Files.readAllLines(out)).hasSize(300).allMatch(l -> l.contains("signature"));
        }
    }

    private static int sign(Serve serve, Path messages, Path out) {
        CommandLine line = CommandLines.root();
        line.setErr(new PrintWriter(new StringWriter()));
        return line.execute(
                "sign",
                "--url",
                serve.uri().toString(),
                "--file",
                messages.toString(),
                "--out",
                out.toString());
    }

    @Test
    void statusShowsTheUpstream() {
        try (Serve serve = Serve.start(settings(upstreamUrl(), ""))) {
            var out = new StringWriter();
            CommandLine line = CommandLines.root();
            line.setOut(new PrintWriter(out, true));

            assertThat(line.execute("status", "--url", serve.uri().toString())).isZero();
            assertThat(out.toString()).contains("UPSTREAM").contains("synthesia");
        }
    }

    @Test
    void theTrainingRunStartsAnswersAndStops() {
        assertThat(Main.run(WarmUp.COMMAND)).isZero();
    }
}
