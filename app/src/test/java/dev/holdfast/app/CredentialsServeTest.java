package dev.holdfast.app;

import static dev.holdfast.app.ServedApi.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several keys of one API, from their configuration to a stand-in that counts calls by key. */
@Timeout(180)
class CredentialsServeTest {
    private static final String NONE_LEFT = "\"chat\";r=0";

    @TempDir private Path folder;
    private final Map<String, Integer> received = new ConcurrentHashMap<>();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final ServedApi api = new ServedApi(this::answer);

    @AfterEach
    void stop() {
        api.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String key = exchange.getRequestHeaders().getFirst("Authorization");
        received.merge(key, 1, Integer::sum);
        byte[] answer = "{}".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(refused.contains(key) ? 401 : 200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void eachKeyIsCalledAsFarAsItsQuotaGoesAndOneThatDrainsNoMore() throws Exception {
        String drained = key("old", 3) + ", draining: true }";
        try (Running running =
                new Running(
                        folder,
                        null,
                        configuration(key("old", 3) + " }", key("new", 2) + " }"),
                        "")) {
            for (int i = 0; i < 6; i++) {
                ask(running);
            }
            until(running, "/v1/upstreams/chat", "\"free_slots\":0");
            until(running, "/v1/upstreams/chat", "\"done\":5");
            assertThat(received).isEqualTo(Map.of("secret-old", 3, "secret-new", 2));
            HttpResponse<String> receipt = ask(running);
            while (!receipt.headers().firstValue("RateLimit").orElseThrow().contains(NONE_LEFT)) {
                receipt = ask(running); // what is told may be some milliseconds old
            }
            assertThat(receipt.headers().firstValue("RateLimit-Policy").orElseThrow())
                    .contains("\"chat\";q=5;w=3600");
        }
        received.clear();
        try (Running running =
                new Running(folder, null, configuration(drained, key("new", 3) + " }"), "")) {
            until(running, "/v1/upstreams/chat", "\"name\":\"old\",\"state\":\"draining\"");
            until(running, "/v1/upstreams/chat", "\"done\":1");
            assertThat(received).isEqualTo(Map.of("secret-new", 1));
        }
    }

    @Test
    void aRefusedKeyIsOutAndItsCallsGoOnWithAnother() throws Exception {
        refused.add("secret-old");
        try (Running running =
                new Running(
                        folder,
                        null,
                        configuration(key("old", 9) + " }", key("new", 5) + " }"),
                        "")) {
            for (int i = 0; i < 3; i++) {
                ask(running);
            }
            until(running, "/v1/upstreams/chat", "\"done\":3");
            String shown = running.get("/v1/upstreams/chat").body();
            assertThat(shown)
                    .contains("\"name\":\"old\",\"state\":\"out\"", "\"state\":\"open\"")
                    .doesNotContain("secret");
            until(running, "/metrics", "holdfast_upstream_credential_out{credential=\"old\"");
            assertThat(running.get("/metrics").body())
                    .containsPattern("credential_out\\{credential=\"old\".*\\} 1")
                    .doesNotContain("secret-");
        }
        assertThat(received.get("secret-old")).isBetween(1, 3);
    }

    /** One that the configuration opens and closes. */
    private static String key(String name, int calls) {
        return "{ name: "
                + name
                + ", headers: { Authorization: secret-"
                + name
                + " }, quota: [ { limit: "
                + calls
                + ", window: 1h } ]";
    }

    private String configuration(String... keys) {
        return api.in(
                        """
                  chat:
                    url: "http://127.0.0.1:PORT"
                    credentials: [ KEYS ]
                routes:
                  - path: /say
                    upstream: chat
                    call: { path: /say, query: { words: "{words}" } }
                    params: { words: { required: true } }
                """)
                .replace("KEYS", String.join(", ", keys));
    }

    private HttpResponse<String> ask(Running running) throws Exception {
        HttpResponse<String> answer =
                api.send(ServedApi.ask(running, "/say?words=" + UUID.randomUUID()).build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return answer;
    }
}
