package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The vendors' own SDKs through pass routes, with nothing but base URL and key changed: what they
 * get and what the API gets are the same bytes as without the gateway between.
 */
@Timeout(300)
class SdkTest {
    private static final String KEY = "sk-a-key-of-the-gateways-0123456789";
    private static final String THEIRS = "the-vendors-own-key";

    @TempDir private Path folder;
    private HttpServer api;

    /** What the stand-in received and answered: method, path, type and body. */
    private final Queue<String> answered = new ConcurrentLinkedQueue<>();

    private final Queue<String> keys = new ConcurrentLinkedQueue<>();

    /** Statuses that are given before anything else is, each with a Retry-After. */
    private final Queue<Integer> refusals = new ConcurrentLinkedQueue<>();

    private final AtomicInteger refused = new AtomicInteger();

    @BeforeEach
    void start() throws IOException {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        api.createContext("/", this::answer);
        api.start();
    }

    @AfterEach
    void stop() {
        api.stop(0);
    }

    @Test
    void whatAnSdkGetsAndWhatTheApiGetsAreTheSameAsWithoutUs() throws Exception {
        String own = "http://127.0.0.1:" + api.getAddress().getPort();
        String direct = asks(own, THEIRS);
        List<String> directly = new ArrayList<>(answered);
        assertThat(directly).hasSize(10);
        answered.clear();
        keys.clear();

        refusals.addAll(List.of(503, 429, 503));
        try (Serve serve = serve(own)) {
            assertThat(asks("http://127.0.0.1:" + serve.uri().getPort(), KEY)).isEqualTo(direct);
        }

        assertThat(refused).as("calls that failed first").hasValue(3);
        assertThat(answered).containsExactlyElementsOf(directly);
        assertThat(keys).isNotEmpty().allMatch(seen -> seen.equals("Bearer " + THEIRS));
    }

    private static String asks(String base, String key) throws Exception {
        NpmTool.Ran ran =
                new NpmTool("sdk")
                        .node(Map.of("BASE", base, "KEY", key, "ORDER", "order-1"), "asks.mjs");
        assertThat(ran.status()).as(ran.out()).isZero();
        assertThat(ran.out()).contains("openai-stream \"w0w1w2\"", "openai-refused [404,");
        return ran.out();
    }

    private void answer(HttpExchange call) throws IOException {
        byte[] sent = call.getRequestBody().readAllBytes();
        String path = call.getRequestURI().toString();
        keys.add(String.valueOf(call.getRequestHeaders().getFirst("Authorization")));
        Integer refusal = refusals.poll();
        if (refusal != null) {
            refused.incrementAndGet();
            call.getResponseHeaders().add("Retry-After", "1");
            answer(call, refusal, "text/plain", new byte[0]);
            return;
        }
        answered.add(
                String.join(
                        " ",
                        call.getRequestMethod(),
                        path,
                        String.valueOf(call.getRequestHeaders().getFirst("Content-Type")),
                        String.valueOf(call.getRequestHeaders().getFirst("Idempotency-Key")),
                        HexFormat.of().formatHex(sent)));
        String body = new String(sent, StandardCharsets.UTF_8);
        if (body.contains("\"stream\":true")) {
            stream(call);
        } else if (path.endsWith("/missing")) {
            json(call, 404, "{\"error\":{\"message\":\"no such model\",\"code\":null}}");
        } else if (path.endsWith("/speech")) {
            answer(call, 200, "audio/mpeg", new byte[] {(byte) 0xff, 0, (byte) 0xfe, 10, 13, 0});
        } else if (call.getRequestMethod().equals("DELETE") && path.contains("/repos/")) {
            call.sendResponseHeaders(204, -1);
            call.close();
        } else {
            json(call, 200, "{\"id\":\"x\",\"n\":1.0,\"big\":12345678901234567890,\"é\":[ ]}");
        }
    }

    private static void json(HttpExchange call, int status, String body) throws IOException {
        answer(call, status, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange call, int status, String type, byte[] body)
            throws IOException {
        call.getResponseHeaders().add("Content-Type", type);
        call.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        call.getResponseBody().write(body);
        call.close();
    }

    /** An answer in pieces, each sent by itself. */
    private static void stream(HttpExchange call) throws IOException {
        call.getResponseHeaders().add("Content-Type", "text/event-stream");
        call.sendResponseHeaders(200, 0);
        for (int i = 0; i < 3; i++) {
            String event =
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"w"
                            + i
                            + "\"}}]}\n\n";
            call.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
            call.getResponseBody().flush();
        }
        call.getResponseBody().write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
        call.close();
    }

    private Serve serve(String own) throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                clients: [ { name: app, key: %s } ]
                upstreams:
                  vendor:
                    url: %s
                    headers: { Authorization: "Bearer %s" }
                routes:
                  - path: /openai/{rest...}
                    upstream: vendor
                    pass: { path: "/openai/{rest}", headers: [content-type, accept], answer-headers: ["x-*"] }
                    hold: 1m
                  - path: /anthropic/{rest...}
                    upstream: vendor
                    pass: { path: "/anthropic/{rest}", headers: [content-type, accept, "anthropic-*"] }
                    hold: 1m
                  - path: /github/{rest...}
                    upstream: vendor
                    pass: { path: "/github/{rest}", headers: [content-type, accept] }
                    hold: 1m
                  - path: /stripe/{rest...}
                    upstream: vendor
                    pass: { path: "/stripe/{rest}", headers: [content-type, accept, "stripe-*", idempotency-key] }
                    hold: 1m
                """
                        .formatted(folder.resolve("holdfast.db"), KEY, own, THEIRS);
        Configuration configuration =
                Configuration.parse(
                        "sdk.yaml", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false);
        return Serve.start(configuration.settings());
    }
}
