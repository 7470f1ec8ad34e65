package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A quota in tokens, from its configuration to the calls of a stand-in that counts them. */
@Timeout(180)
class UnitsServeTest {
    @TempDir private Path folder;
    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private HttpServer api;

    @BeforeEach
    void start() throws IOException {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", this::answer);
        api.start();
    }

    @AfterEach
    void stop() {
        http.close();
        api.stop(0);
    }

    /** Takes 30 tokens, whatever was asked for. */
    private void answer(HttpExchange exchange) throws IOException {
        received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        byte[] answer = "{\"usage\":{\"total_tokens\":30}}".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void callsLeaveAsLongAsTheTokensLastThatTheirAnswersSay() throws Exception {
        String more =
                """
                  chat:
                    url: "http://127.0.0.1:PORT"
                    quota: [ { limit: 1000, window: 1h }, { limit: 100, window: 1h, unit: tokens } ]
                routes:
                  - path: /chat/{rest...}
                    methods: [POST]
                    upstream: chat
                    pass: { path: "/{rest}", headers: [content-type] }
                    repeatable: true
                    cost:
                      tokens: { reserve: { json: /max_tokens, default: 10, per-byte: 0.5, most: 150 }, actual: /usage/total_tokens }
                """
                        .replace("PORT", Integer.toString(api.getAddress().getPort()));
        try (Running running = new Running(folder, null, more, "")) {
            assertThat(ask(running, 60, "")).isEqualTo(200);
            assertThat(ask(running, 60, "")).isEqualTo(200);
            assertThat(received).hasSize(2);
            // 60 of 100 are taken: of a call that may take 60 nobody knows that it fits.
            assertThat(ask(running, 60, "respond-async")).isEqualTo(202);
            assertThat(ask(running, 140, "respond-async")).isEqualTo(422);

            var upstream = running.get("/v1/upstreams/chat");
            assertThat(upstream.body())
                    .contains(
                            "{\"unit\":\"tokens\",\"limit\":100,\"window_seconds\":3600.0,\"taken\":60,");
            assertThat(running.get("/metrics").body())
                    .contains("holdfast_upstream_units_used{unit=\"tokens\"");
            assertThat(received).hasSize(2);
        }
    }

    private int ask(Running running, int tokens, String prefer) throws Exception {
        String body = "{\"max_tokens\":" + tokens + "}";
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(running.serve.uri() + "/chat/completions"))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", Running.KEY)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!prefer.isEmpty()) {
            request.header("Prefer", prefer);
        }
        HttpResponse<String> response =
                http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                        .get(60, TimeUnit.SECONDS);
        if (response.statusCode() == 422) {
            assertThat(response.body()).contains("/problems/cost-over-limit");
        }
        if (response.statusCode() == 202) {
            assertThat(response.headers().firstValue("RateLimit").orElseThrow())
                    .contains("\"chat-tokens\";r=40");
            assertThat(response.headers().firstValue("RateLimit-Policy").orElseThrow())
                    .contains("\"chat-tokens\";q=100;w=3600;qu=\"tokens\"");
        }
        return response.statusCode();
    }
}
