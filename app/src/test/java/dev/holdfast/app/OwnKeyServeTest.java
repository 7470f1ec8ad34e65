package dev.holdfast.app;

import static dev.holdfast.app.ServedApi.id;
import static dev.holdfast.app.ServedApi.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which Authorization each call carries, where an upstream has a pool and a partition its own. */
@Timeout(180)
class OwnKeyServeTest {
    @TempDir private Path folder;

    /** What was said of who calls, by the message. */
    private final Map<String, List<String>> heard = new ConcurrentHashMap<>();

    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final ServedApi api = new ServedApi(this::answer);

    @AfterEach
    void stop() {
        api.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String message = exchange.getRequestURI().getQuery().replace("message=", "");
        List<String> all = exchange.getRequestHeaders().get("Authorization");
        String who = all == null ? "nobody" : String.join(" and ", all);
        heard.computeIfAbsent(message, _ -> new CopyOnWriteArrayList<>()).add(who);
        exchange.sendResponseHeaders(refused.contains(who) ? 401 : 200, -1);
        exchange.close();
    }

    @Test
    void aPartitionsOwnKeyIsSentInsteadOfThePoolsAndTakesNoneOfItsRoom() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            own(running, "{\"headers\":{\"authorization\":\"acme-1\"}}");
            for (String message : List.of("a1", "a2", "a3")) {
                untilIs(running, ask(running, "acme", message), "succeeded");
                assertThat(heard.get(message)).containsExactly("acme-1");
            }
            untilIs(running, ask(running, "other", "o1"), "succeeded");
            untilIs(running, ask(running, "other", "o2"), "succeeded");
            assertThat(List.of(heard.get("o1"), heard.get("o2")))
                    .containsExactlyInAnyOrder(List.of("pool-a"), List.of("pool-b"));
            String waits = ask(running, "other", "o3");
            untilIs(running, ask(running, "acme", "a4"), "succeeded");
            assertThat(heard.get("a4")).containsExactly("acme-1");
            untilIs(running, waits, "queued");

            own(running, "{}");
            String late = ask(running, "acme", "a5");
            until(running, "/v1/upstreams/chat/partitions/acme", "\"queued\":1");
            untilIs(running, late, "queued");
            assertThat(heard).doesNotContainKeys("o3", "a5");
        }
    }

    @Test
    void anOwnKeyThatIsRefusedIsNotUsedAgainAndTheNewOneIsAtOnce() throws Exception {
        refused.add("acme-1");
        try (Running running = new Running(folder, null, configuration(), "")) {
            own(running, "{\"headers\":{\"authorization\":\"acme-1\"}}");
            String first = ask(running, "acme", "a1");
            until(running, "/v1/upstreams/chat/partitions/acme", "\"state\":\"unauthorized\"");
            String second = ask(running, "acme", "a2");
            untilIs(running, ask(running, "other", "o1"), "succeeded");
            assertThat(running.get("/v1/upstreams/chat").body())
                    .as("the pool's are not out for it")
                    .doesNotContain("\"state\":\"out\"");
            untilIs(running, second, "queued");
            assertThat(heard.get("a1")).containsOnly("acme-1");
            assertThat(heard).doesNotContainKey("a2");

            own(running, "{\"headers\":{\"authorization\":\"acme-2\"}}");
            untilIs(running, first, "succeeded");
            untilIs(running, second, "succeeded");
            assertThat(heard.get("a1")).endsWith("acme-2");
            assertThat(heard.get("a2")).containsExactly("acme-2");
        }
    }

    private String configuration() {
        return api.in(
                """
                  chat:
                    url: "http://127.0.0.1:PORT"
                    credentials:
                      - { name: a, headers: { Authorization: pool-a }, quota: [ { limit: 1, window: 1h } ] }
                      - { name: b, headers: { Authorization: pool-b }, quota: [ { limit: 1, window: 1h } ] }
                    partition: { by: "{header:x-tenant}" }
                routes:
                  - path: /say
                    upstream: chat
                    call: { path: /say, query: { message: "{message}" } }
                    params: { message: { required: true } }
                """);
    }

    private void own(Running running, String body) throws Exception {
        HttpResponse<String> answer =
                api.send(
                        ServedApi.ask(running, "/v1/upstreams/chat/partitions/acme")
                                .header("Content-Type", "application/json")
                                .PUT(HttpRequest.BodyPublishers.ofString(body))
                                .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private String ask(Running running, String tenant, String message) throws Exception {
        return id(
                api.send(
                        ServedApi.ask(running, "/say?message=" + message)
                                .header("X-Tenant", tenant)
                                .build()));
    }

    private static void untilIs(Running running, String id, String status) throws Exception {
        until(running, "/v1/requests/" + id, "\"status\":\"" + status + "\"");
    }
}
