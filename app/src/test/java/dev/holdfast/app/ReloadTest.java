package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP, to a process of its own. */
@Timeout(300)
@EnabledOnOs({OS.LINUX, OS.MAC})
class ReloadTest {
    private static final String KEY = "client-key-0123456789abcdef";
    private static final String OTHER_KEY = "other-key-0123456789abcdef0";
    private static final String UPSTREAM_KEY = "upstream-key-0123456789";
    private static final String SHOP = "{ name: shop, key: %s, admin: true }".formatted(KEY);
    private static final String OTHER = "{ name: other, key: %s }".formatted(OTHER_KEY);
    private static final String IN_FORCE = "was read anew and is in force";
    private static final String STAYS = "the one before stays in force";
    private static final int ASKS_AT_ONCE = 8;

    @TempDir Path folder;
    private final Vertx vertx = Vertx.vertx();
    private SimulatedUpstream upstream;

    @BeforeEach
    void open() {
        upstream =
                new SimulatedUpstream(
                                vertx, SimulatedUpstream.Options.unlimited(1).key(UPSTREAM_KEY))
                        .start();
    }

    @AfterEach
    void close() {
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void underLoadItLosesNothingAndWhatChangedIsInForce() throws Exception {
        try (ServeProcess serve = serve(yaml(SHOP, 1_000_000, "/crypto/sign"))) {
            AtomicBoolean enough = new AtomicBoolean();
            CompletableFuture<List<HttpResponse<String>>> load =
                    CompletableFuture.supplyAsync(() -> load(serve, enough));

            for (int i = 1; i <= 5; i++) {
                serve.reload(yaml(SHOP, 1_000_000 + i, "/crypto/sign", "/more" + i));
                awaitLines(serve, IN_FORCE, i);
                signed(serve, KEY, "/more" + i + "?message=x" + i);
                assertThat(ask(serve, "/more" + (i - 1) + "?message=y").statusCode())
                        .isEqualTo(404);
                assertThat(limit(serve)).isEqualTo(1_000_000 + i);
            }
            enough.set(true);

            List<HttpResponse<String>> answers = load.join();
            assertThat(answers).hasSizeGreaterThan(5 * ASKS_AT_ONCE);
            for (HttpResponse<String> answer : answers) {
                succeeded(serve, KEY, answer);
            }
            assertThat(ask(serve, "/v1/audit").body()).contains("\"reloaded\"", "(SIGHUP)");
            assertThat(ask(serve, "/openapi.yaml").body()).contains("/more5");
        }
    }

    @Test
    void clientsComeAndGoAndAQuotaHoldsAtOnce() throws Exception {
        try (ServeProcess serve = serve(yaml(SHOP, 1_000_000, "/crypto/sign"))) {
            assertThat(as(serve, OTHER_KEY, "/v1/requests").statusCode()).isEqualTo(401);
            serve.reload(yaml(SHOP + ", " + OTHER, 1, "/crypto/sign"));
            awaitLines(serve, IN_FORCE, 1);
            assertThat(as(serve, OTHER_KEY, "/v1/requests").statusCode()).isEqualTo(200);
            signed(serve, KEY, "/crypto/sign?message=one");
            assertThat(ask(serve, "/crypto/sign?message=two").statusCode())
                    .as("one call an hour")
                    .isEqualTo(202);

            serve.reload(yaml(OTHER.replace("}", ", admin: true }"), 100, "/crypto/sign"));
            awaitLines(serve, IN_FORCE, 2);
            assertThat(as(serve, KEY, "/v1/requests").statusCode()).isEqualTo(401);
            signed(serve, OTHER_KEY, "/crypto/sign?message=three");
        }
    }

    @Test
    void whatIsWrongOrWantsARestartOrIsStillOwedLeavesAllAsItWas() throws Exception {
        String good = yaml(SHOP, 1, "/crypto/sign", "/other");
        try (ServeProcess serve = serve(good)) {
            signed(serve, KEY, "/other?message=one");
            assertThat(ask(serve, "/other?message=owed").statusCode()).isEqualTo(202);

            serve.reload(yaml(OTHER, 5, "/crypto/sign") + "nonsense: 1\n");
            awaitLines(serve, STAYS, 1);
            serve.reloadWhole(
                    "server: { port: 1 }\nstore: { url: \"sqlite:elsewhere.db\" }\n"
                            + yaml(OTHER, 5, "/crypto/sign", "/other"));
            awaitLines(serve, STAYS, 2);
            serve.reload(yaml(OTHER, 5, "/crypto/sign"));
            awaitLines(serve, STAYS, 3);
            serve.reload(yaml(OTHER, 5, "/crypto/sign", "/other", "/v1/requests"));
            awaitLines(serve, STAYS, 4);

            List<String> lines = lines(serve, STAYS);
            assertThat(lines.get(0)).contains("nonsense");
            assertThat(lines.get(1)).contains("want a restart", "server.port", "store.url");
            assertThat(lines.get(2)).contains("/other", "still to be made");
            assertThat(lines.get(3)).contains("/v1/requests");
            assertThat(lines(serve, IN_FORCE)).isEmpty();
            assertThat(as(serve, OTHER_KEY, "/v1/requests").statusCode()).isEqualTo(401);
            assertThat(limit(serve)).isEqualTo(1);
            signed(serve, KEY, "/other?message=one");
        }
    }

    @Test
    void aSignalBeforeAllRunsIsNotTheEndAndIsFollowedOnceItDoes() throws Exception {
        Path file = folder.resolve("holdfast.yaml");
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
        String store = "sqlite:" + folder.resolve("holdfast.db");
        try (ServeProcess serve = new ServeProcess(folder, store, Map.of(), null)) {
            // It can be opened once somebody reads.
            try (OutputStream first = Files.newOutputStream(file)) {
                serve.hangUp();
                serve.hangUp();
                String yaml = serve.first() + yaml(SHOP, 1_000_000, "/crypto/sign");
                first.write(yaml.getBytes(StandardCharsets.UTF_8));
            }
            serve.awaitReady(); // whoever read the first has let go of it
            try (OutputStream second = Files.newOutputStream(file)) {
                String yaml = serve.first() + yaml(SHOP, 1_000_000, "/crypto/sign", "/more");
                second.write(yaml.getBytes(StandardCharsets.UTF_8));
            }
            awaitLines(serve, IN_FORCE, 1);
            signed(serve, KEY, "/more?message=m");
            assertThat(lines(serve, IN_FORCE).getFirst()).contains("routes[1].path");
        }
    }

    private ServeProcess serve(String yaml) throws IOException {
        return new ServeProcess(folder, "sqlite:" + folder.resolve("holdfast.db"), yaml, Map.of());
    }

    private String yaml(String clients, int limit, String... routes) {
        StringBuilder yaml =
                new StringBuilder(
                        """
                        clients: [ %s ]
                        upstreams:
                          synthesia:
                            url: %s
                            headers: { Authorization: %s }
                            quota: [ { limit: %d, window: 1h } ]
                        routes:
                        """
                                .formatted(clients, upstream.uri(), UPSTREAM_KEY, limit));
        for (String route : routes) {
            yaml.append(
                    """
                      - path: %s
                        upstream: synthesia
                        call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                        params: { message: { required: true } }
                        result: { field: signature, from: text }
                        cache: { ttl: 1h, max-entries: 1000 }
                    """
                            .formatted(route));
        }
        return yaml.toString();
    }

    /** Asks on and on, some at once, until it is enough. */
    private static List<HttpResponse<String>> load(ServeProcess serve, AtomicBoolean enough) {
        List<HttpResponse<String>> answers = new ArrayList<>();
        int asked = 0;
        while (!enough.get()) {
            List<CompletableFuture<HttpResponse<String>>> some = new ArrayList<>();
            for (int i = 0; i < ASKS_AT_ONCE; i++) {
                some.add(serve.sign("m" + asked++, "Authorization", KEY));
            }
            for (int i = 0; i < ASKS_AT_ONCE; i++) {
                HttpResponse<String> answer = some.get(i).join();
                String message = "m" + (asked - ASKS_AT_ONCE + i);
                while (answer.statusCode() == 503) { // a machine that is busy
                    answer = serve.sign(message, "Authorization", KEY).join();
                }
                answers.add(answer);
            }
        }
        return answers;
    }

    /** Asks until it is kept, and waits until it is done. */
    private static void signed(ServeProcess serve, String key, String path) throws IOException {
        succeeded(serve, key, as(serve, key, path));
    }

    private static void succeeded(ServeProcess serve, String key, HttpResponse<String> answer)
            throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
        String id = new ObjectMapper().readTree(answer.body()).get("id").asText();
        String found = answer.body();
        while (!found.contains("completed_at")) {
            found = as(serve, key, "/v1/requests/" + id, "Prefer", "wait=20").body();
        }
        assertThat(found).contains("\"succeeded\"");
    }

    private static int limit(ServeProcess serve) throws IOException {
        JsonNode view = new ObjectMapper().readTree(ask(serve, "/v1/upstreams/synthesia").body());
        return view.get("quota").get(0).get("limit").asInt();
    }

    private static HttpResponse<String> ask(ServeProcess serve, String path) throws IOException {
        return as(serve, KEY, path);
    }

    /** Asks again while the machine is too busy to say. */
    private static HttpResponse<String> as(
            ServeProcess serve, String key, String path, String... more) throws IOException {
        List<String> headers = new ArrayList<>(List.of("Authorization", key));
        headers.addAll(List.of(more));
        HttpResponse<String> answer;
        do {
            answer = serve.get(path, headers.toArray(String[]::new));
        } while (answer.statusCode() == 503);
        return answer;
    }

    private static List<String> lines(ServeProcess serve, String with) throws IOException {
        return serve.log().lines().filter(line -> line.contains(with)).toList();
    }

    /** The test's own timeout ends it. */
    private static void awaitLines(ServeProcess serve, String with, int count) throws Exception {
        while (lines(serve, with).size() < count) {
            if (Thread.interrupted()) {
                throw new InterruptedException(serve.log());
            }
            LockSupport.parkNanos(10_000_000);
        }
    }
}
