package dev.holdfast.app;

import static dev.holdfast.app.ServedApi.id;
import static dev.holdfast.app.ServedApi.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A quota in tokens, from its configuration to the calls of a stand-in that counts them. */
@Timeout(180)
class UnitsServeTest {
    @TempDir private Path folder;
    private final Queue<String> received = new ConcurrentLinkedQueue<>();

    /** What answers say is left of the tokens; null if they say nothing of it. */
    private volatile String left;

    private final ServedApi api = new ServedApi(this::answer);

    @AfterEach
    void stop() {
        api.close();
    }

    /** Takes 30 tokens, whatever was asked for. */
    private void answer(HttpExchange exchange) throws IOException {
        received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        byte[] answer = "{\"usage\":{\"total_tokens\":30}}".getBytes(StandardCharsets.UTF_8);
        if (left != null) {
            exchange.getResponseHeaders().add("x-ratelimit-limit-tokens", "100");
            exchange.getResponseHeaders().add("x-ratelimit-remaining-tokens", left);
            exchange.getResponseHeaders().add("x-ratelimit-reset-tokens", "59m30s");
        }
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void callsLeaveAsLongAsTheTokensLastThatTheirAnswersSay() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> receipt = ask(running, 60);
                assertThat(receipt.statusCode()).isEqualTo(202);
                until(running, "/v1/requests/" + id(receipt), "\"status\":\"succeeded\"");
            }
            // 60 of 100 are taken: of a call that may take 60 nobody knows that it fits.
            HttpResponse<String> third = ask(running, 60);
            until(
                    running,
                    "/v1/upstreams/chat",
                    "{\"unit\":\"tokens\",\"limit\":100,\"window_seconds\":3600.0,\"taken\":60,");
            assertThat(running.get("/v1/requests/" + id(third)).body())
                    .contains("\"status\":\"queued\"");
            assertThat(received).hasSize(2);
            assertThat(third.headers().firstValue("RateLimit-Policy").orElseThrow())
                    .contains("\"chat-tokens\";q=100;w=3600;qu=\"tokens\"");
            assertThat(third.headers().firstValue("RateLimit").orElseThrow())
                    .containsPattern("\"chat-tokens\";r=[0-9]+");

            HttpResponse<String> dear = ask(running, 140);
            assertThat(dear.statusCode()).isEqualTo(422);
            assertThat(dear.body()).contains("/problems/cost-over-limit");
            until(running, "/metrics", "holdfast_upstream_units_used{unit=\"tokens\"");
        }
    }

    @Test
    void whatOthersUsedOfTheTokensByTheUpstreamsOwnHeadersIsNotOurs() throws Exception {
        left = "20";
        String shared =
                configuration()
                        .replace(
                                "unit: tokens } ]",
                                "unit: tokens } ]\n    shared: { headers: auto }");
        try (Running running = new Running(folder, null, shared, "")) {
            HttpResponse<String> first = ask(running, 60);
            until(running, "/v1/requests/" + id(first), "\"status\":\"succeeded\"");
            until(running, "/v1/upstreams/chat", "\"taken\":30,\"strangers\":50,");
            HttpResponse<String> dear = ask(running, 40);
            assertThat(dear.statusCode()).isEqualTo(202);
            assertThat(running.get("/v1/requests/" + id(dear)).body())
                    .contains("\"status\":\"queued\"");
            assertThat(received).as("20 are left").hasSize(1);
        }
    }

    @Test
    void aLineOfABatchThatNeverFitsIsRefused() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            String lines =
                    """
                    {"route":"/say","params":{"tokens":"20"}}
                    {"route":"/say","params":{"tokens":"101"}}
                    """;
            HttpResponse<String> answer =
                    post(running, "/v1/batches", "application/x-ndjson", lines);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
            assertThat(answer.body())
                    .contains("\"accepted\":1", "\"line\":2", "/problems/cost-over-limit");
        }
    }

    private String configuration() {
        return api.in(
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
                  - path: /say
                    upstream: chat
                    call: { path: /say, query: { tokens: "{tokens}" } }
                    params: { tokens: { required: true } }
                    cost: { tokens: { reserve: { json: /tokens, default: 1 } } }
                """);
    }

    private HttpResponse<String> ask(Running running, int tokens) throws Exception {
        String body = "{\"max_tokens\":" + tokens + "}";
        return post(running, "/chat/completions", "application/json", body);
    }

    /** Takes a receipt; a store that is busy is asked again for the same. */
    private HttpResponse<String> post(Running running, String path, String type, String body)
            throws Exception {
        return api.send(
                ServedApi.ask(running, path)
                        .header("Content-Type", type)
                        .header("Idempotency-Key", UUID.randomUUID().toString())
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }
}
