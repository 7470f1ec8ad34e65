package dev.holdfast.app;

import static dev.holdfast.app.ServedApi.id;
import static dev.holdfast.app.ServedApi.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Partitions, from their configuration to the calls that reach a stand-in. */
@Timeout(180)
class PartitionServeTest {
    private static final String SECRET = "Bearer tenants-own-0123456789";

    @TempDir private Path folder;
    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final ServedApi api = new ServedApi(this::answer);

    @AfterEach
    void stop() {
        api.close();
    }

    /** What the tenant called refused calls for is refused; keyless has to have a key. */
    private void answer(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        received.add(query);
        boolean known = SECRET.equals(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean refused = query.contains("refused") || (query.contains("keyless") && !known);
        exchange.sendResponseHeaders(refused ? 401 : 200, -1);
        exchange.close();
    }

    @Test
    void eachTenantHasItsOwnQuotaAndItsOwn401() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            String refused = id(ask(running, "refused", "refused"));
            String first = id(ask(running, "a", "one"));
            untilIs(running, first, "succeeded");
            String second = id(ask(running, "a", "two"));
            String others = id(ask(running, "b", "two"));
            assertThat(others)
                    .as("another tenant's, though the message is the same")
                    .isNotEqualTo(second);
            untilIs(running, others, "succeeded");
            assertThat(ask(running, "b", "two").headers().firstValue("Cache-Status").orElse(""))
                    .contains("hit");
            untilIs(running, refused, "retrying");
            until(running, "/v1/upstreams/api", "\"partitions_refused\":true");
            until(running, "/metrics", "holdfast_upstream_unauthorized{upstream=\"api\"} 1");
            until(
                    running,
                    "/metrics",
                    "holdfast_upstream_partitions{state=\"refused\",upstream=\"api\"} 1");
            until(running, "/v1/upstreams", "\"partitions\":{\"known\":3,\"waiting\":2,");
            untilIs(running, second, "queued");
            assertThat(received)
                    .containsExactlyInAnyOrder("message=refused", "message=one", "message=two");
            String more = "{\"quota\":[{\"limit\":2,\"window_seconds\":3600}]}";
            HttpResponse<String> given =
                    api.send(
                            ServedApi.ask(running, "/v1/upstreams/api/partitions/a")
                                    .header("Content-Type", "application/json")
                                    .PUT(HttpRequest.BodyPublishers.ofString(more))
                                    .build());
            assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
            untilIs(running, second, "succeeded");
            assertThat(running.get("/v1/upstreams/api/partitions").body())
                    .contains("\"key\":\"a\"", "\"taken\":2", "\"state\":\"unauthorized\"");
        }
    }

    @Test
    void aTenantsOwnCredentialIsUsedAtOnceAlsoAfterARestartAndShownNowhere() throws Exception {
        String waits;
        try (Running running = new Running(folder, null, configuration(), "")) {
            waits = id(ask(running, "keyless", "keyless-1"));
            untilIs(running, waits, "retrying");
            until(running, "/v1/upstreams/api/partitions/keyless", "\"state\":\"unauthorized\"");
            String own = "{\"quota\":[],\"headers\":{\"authorization\":\"" + SECRET + "\"}}";
            assertThat(
                            api.send(
                                            ServedApi.ask(
                                                            running,
                                                            "/v1/upstreams/api/partitions/keyless")
                                                    .header("Content-Type", "application/json")
                                                    .PUT(HttpRequest.BodyPublishers.ofString(own))
                                                    .build())
                                    .body())
                    .contains("\"authorization\":\"***\"")
                    .doesNotContain(SECRET);
            untilIs(running, waits, "succeeded");
        }
        try (Running running = new Running(folder, null, configuration(), "")) {
            untilIs(running, id(ask(running, "keyless", "keyless-2")), "succeeded");
            for (String path :
                    new String[] {
                        "/v1/upstreams/api/partitions",
                        "/v1/upstreams/api",
                        "/v1/audit",
                        "/v1/requests/" + waits,
                        "/v1/requests/" + waits + "/attempts",
                        "/metrics"
                    }) {
                assertThat(running.get(path).body()).as(path).doesNotContain(SECRET);
            }
        }
    }

    @Test
    void thoseThatTheConfigurationNamesHaveFiguresOfTheirOwnAndNoOthers() throws Exception {
        String named = configuration().replace("by:", "metrics: [ \"a b\", idle ]\n      by:");
        try (Running running = new Running(folder, null, named, "")) {
            untilIs(running, id(ask(running, "a b", "one")), "succeeded");
            untilIs(running, id(ask(running, "other", "one")), "succeeded");
            untilIs(running, id(ask(running, "a b", "two")), "queued");
            String its = "partition=\"a b\",";
            String queue = "holdfast_upstream_partition_queue{";
            until(running, "/metrics", queue + its + "state=\"queued\",upstream=\"api\"} 1");
            assertThat(running.get("/metrics").body())
                    .contains(
                            "holdfast_upstream_partition_slots_used{"
                                    + its
                                    + "upstream=\"api\",window=\"3600s\"} 1",
                            "holdfast_upstream_partition_stopped{"
                                    + its
                                    + "state=\"paused\",upstream=\"api\"} 0",
                            queue + "partition=\"idle\",state=\"queued\",upstream=\"api\"} 0")
                    .doesNotContain("partition=\"other\"");
        }
    }

    @Test
    void theRequestsOfOneTenantAreListedAtATerminal() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            String first = id(ask(running, "a b", "one"));
            String second = id(ask(running, "a b", "two"));
            String others = id(ask(running, "c", "one"));
            assertThat(requests(running, "a b")).contains(first, second).doesNotContain(others);
            assertThat(requests(running, "c")).contains(others).hasLineCount(1);
            assertThat(requests(running, "nobody")).isEmpty();
        }
    }

    @Test
    void oneTenantIsPausedAndResumedAtATerminal() throws Exception {
        try (Running running = new Running(folder, null, configuration(), "")) {
            assertThat(holdfast(running, "pause", "api", "--partition", "a b"))
                    .startsWith("partition a b of api is paused; 0 requests wait");
            String waits = id(ask(running, "a b", "one"));
            untilIs(running, id(ask(running, "c", "one")), "succeeded");
            untilIs(running, waits, "queued");
            assertThat(holdfast(running, "resume", "api", "--partition", "a b"))
                    .startsWith("partition a b of api is open");
            untilIs(running, waits, "succeeded");
        }
    }

    private static String requests(Running running, String partition) {
        return holdfast(running, "requests", "--partition", partition);
    }

    private static String holdfast(Running running, String... args) {
        var out = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(new StringWriter(), true));
        String url = running.serve.uri().toString();
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--url", url, "--key", Running.KEY));
        assertThat(line.execute(all.toArray(String[]::new))).isZero();
        return out.toString();
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
        return api.in(
                """
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
                """);
    }

    /** Without a wait for the result; a gateway that is busy is asked again. */
    private HttpResponse<String> ask(Running running, @Nullable String tenant, String message)
            throws Exception {
        HttpRequest.Builder request = ServedApi.ask(running, "/say?message=" + message);
        if (tenant != null) {
            request.header("X-Tenant", tenant);
        }
        return api.send(request.build());
    }

    private static void untilIs(Running running, String id, String status) throws Exception {
        until(running, "/v1/requests/" + id, "\"status\":\"" + status + "\"");
    }
}
