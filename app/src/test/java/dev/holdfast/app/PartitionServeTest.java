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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Partitions, from their configuration to the calls that reach a stand-in. */
@Timeout(180)
class PartitionServeTest {
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

    /** Whatever the tenant called refused is called for is refused. */
    private void answer(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        received.add(query);
        exchange.sendResponseHeaders(query.contains("refused") ? 401 : 200, -1);
        exchange.close();
    }

    @Test
    void eachTenantHasItsOwnQuotaAndItsOwn401() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            String refused = id(ask(running, "refused", "refused"));
            String first = id(ask(running, "a", "one"));
            until(running, first, "succeeded");
            String second = id(ask(running, "a", "two"));
            String others = id(ask(running, "b", "two"));
            assertThat(others)
                    .as("another tenant's, though the message is the same")
                    .isNotEqualTo(second);
            until(running, others, "succeeded");
            assertThat(ask(running, "b", "two").headers().firstValue("Cache-Status").orElse(""))
                    .contains("hit");
            until(running, refused, "retrying");
            until(running, second, "queued");
            assertThat(received)
                    .containsExactlyInAnyOrder("message=refused", "message=one", "message=two");
        }
    }

    @Test
    void whoSaysNotWhoseItIsIsToldSo() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            HttpResponse<String> nobodys = ask(running, null, "one");
            assertThat(nobodys.statusCode()).isEqualTo(400);
            assertThat(nobodys.body()).contains("x-tenant", "is missing");
            HttpResponse<String> long257 = ask(running, "x".repeat(257), "one");
            assertThat(long257.statusCode()).isEqualTo(400);
            assertThat(long257.body()).contains("256 bytes");
            assertThat(received).isEmpty();
        }
    }

    private String configuration() {
        return """
                  api:
                    url: "http://127.0.0.1:PORT"
                    partition:
                      by: "{header:x-tenant}"
                      quota: [ { limit: 1, window: 1h } ]
                routes:
                  - path: /say
                    upstream: api
                    call: { path: /say, query: { message: "{message}" } }
                    params: { message: { required: true } }
                    cache: { ttl: 1h }
                """
                .replace("PORT", Integer.toString(api.getAddress().getPort()));
    }

    /** Without a wait for the result; a gateway that is busy is asked again. */
    private HttpResponse<String> ask(Running running, @Nullable String tenant, String message)
            throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(running.serve.uri() + "/say?message=" + message))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", Running.KEY)
                        .header("Prefer", "respond-async");
        if (tenant != null) {
            request.header("X-Tenant", tenant);
        }
        HttpResponse<String> answer = send(request.build());
        while (answer.statusCode() == 503) {
            Thread.onSpinWait();
            answer = send(request.build());
        }
        return answer;
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static String id(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
        return answer.body().replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
    }

    /** Asks until a request stands there; the test's own time is the bound. */
    private static void until(Running running, String id, String status) throws Exception {
        String body = "";
        while (!body.contains("\"status\":\"" + status + "\"")) {
            body = running.get("/v1/requests/" + id).body();
        }
    }
}
