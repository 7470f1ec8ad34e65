package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.network.Relay;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of {@code holdfast serve} that share one real PostgreSQL. */
@Timeout(120)
class ReplicasServeTest {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What P2 promises at most. */
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(2);

    private static final Duration DRAINED_WITHIN = Duration.ofSeconds(10);
    private static final int CONCURRENCY = 3;

    private static EmbeddedPostgres server;

    @TempDir Path folder;
    private final List<AutoCloseable> parts = new ArrayList<>();
    private final CountDownLatch called = new CountDownLatch(CONCURRENCY);
    private String database;
    private Vertx vertx;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    void makeDatabase() throws SQLException {
        vertx = Vertx.vertx();
        database = "replicas_" + DATABASES.incrementAndGet();
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable part : parts.reversed()) {
            part.close();
        }
        vertx.close().await();
    }

    @Test
    void aReceiptOfOneIsFollowedWaitedForAndStreamedAtTheOther() throws Exception {
        SimulatedUpstream upstream = upstream(Duration.ofMillis(700));
        ServeProcess a = replica("a", server.getPort(), upstream);
        ServeProcess b = replica("b", server.getPort(), upstream);
        HttpResponse<String> receipt = a.sign("followed", "Prefer", "respond-async").get();
        assertThat(receipt.statusCode()).isEqualTo(202);
        String self = "/v1/requests/" + json(receipt).path("id").asText();

        assertThat(json(b.get(self)).path("status").asText()).isIn("queued", "running");
        try (Stream<String> lines = b.stream(self + "/events")) {
            JsonNode waited = json(b.get(self, "Prefer", "wait=30"));
            while (!waited.path("status").asText().equals("succeeded")) {
                assertThat(waited.path("status").asText()).isIn("queued", "running");
                waited = json(b.get(self, "Prefer", "wait=30"));
            }
            assertThat(waited.path("result").path("signature").asText()).isNotEmpty();
            assertThat(lastOf(lines).path("result")).isEqualTo(waited.path("result"));
            assertThat(json(a.get(self))).isEqualTo(waited);
        }
        assertThat(upstream.stats(false).getLong("calls")).isEqualTo(1);
    }

    @Test
    void aReceiptOfOneIsCancelledAtTheOther() throws Exception {
        SimulatedUpstream upstream = upstream(Duration.ZERO);
        upstream.fault(Fault.of(Fault.Mode.HANG));
        ServeProcess a = replica("a", server.getPort(), upstream);
        ServeProcess b = replica("b", server.getPort(), upstream);
        HttpResponse<String> receipt = a.sign("cancelled", "Prefer", "respond-async").get();
        String self = "/v1/requests/" + json(receipt).path("id").asText();
        try (Stream<String> lines = a.stream(self + "/events")) {
            assertThat(b.delete(self).statusCode()).isEqualTo(200);
            assertThat(lastOf(lines).path("status").asText()).isEqualTo("cancelled");
        }
        assertThat(json(a.get(self)).path("status").asText()).isEqualTo("cancelled");
        assertThat(a.delete(self).statusCode()).isEqualTo(409);
    }

    @Test
    void whoIsToldToStopHandsItsWorkToTheOther() throws Exception {
        SimulatedUpstream upstream = upstream(Duration.ZERO);
        // The first call for each message: neither does it end while its replica drains.
        upstream.fault(Fault.of(Fault.Mode.HANG).first(1));
        ServeProcess leaving = replica("leaving", server.getPort(), upstream);
        ServeProcess staying = replica("staying", server.getPort(), upstream);
        List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
        for (int i = 0; i < 2 * CONCURRENCY; i++) {
            held.add(leaving.sign("handed over " + i));
        }
        assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();

        Duration took = leaving.terminate(DRAINED_WITHIN);

        assertThat(took).isLessThan(DRAINED_WITHIN);
        List<String> lost = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> answer : held) {
            assertThat(answer.get().statusCode()).isEqualTo(202);
            String self = "/v1/requests/" + json(answer.get()).path("id").asText();
            awaitSuccess(staying, self);
            json(staying.get(self + "/attempts")).findValuesAsText("outcome").forEach(lost::add);
        }
        assertThat(lost).as("calls that were handed back").contains("crash");
    }

    @Test
    void aDatabaseThatHangsIsToldInTimeAndWhatIsKnownIsStillAnswered() throws Exception {
        try (Relay relay = new Relay(server.getPort())) {
            ServeProcess replica = replica("replica", relay.port(), upstream(Duration.ZERO));
            int known = 202; // a cold process on a busy machine may give a receipt first
            for (int i = 0; known == 202 && i < 100; i++) {
                known = replica.sign("known").get().statusCode();
            }
            assertThat(known).isEqualTo(200);
            relay.hang();
            for (int i = 0; i < 4; i++) {
                long asked = System.nanoTime();
                HttpResponse<String> refused = replica.sign("new " + i).get();
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(ANSWERED_WITHIN);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(json(refused).path("type").asText()).endsWith("store-unavailable");
                assertThat(replica.sign("known").get().statusCode()).isEqualTo(200);
            }
            assertThat(replica.ready()).isFalse();
            relay.flow();
            long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            int status = 503;
            while (status == 503 && System.nanoTime() < giveUp) {
                status = replica.sign("afterwards").get().statusCode();
            }
            assertThat(status).isIn(200, 202);
        }
    }

    private SimulatedUpstream upstream(Duration latency) {
        var options =
                SimulatedUpstream.Options.unlimited(1)
                        .latency(Latency.always(latency))
                        .log(_ -> called.countDown());
        SimulatedUpstream upstream = new SimulatedUpstream(vertx, options).start();
        parts.add(upstream);
        return upstream;
    }

    private ServeProcess replica(String name, int port, SimulatedUpstream upstream)
            throws IOException {
        String yaml =
                """
                upstreams:
                  synthesia:
                    url: %s
                    headers: {}
                    quota: []
                    concurrency: %d
                    timeout: 8s
                    retry: { first: 50ms, max: 50ms }
                """
                        .formatted(upstream.uri(), CONCURRENCY);
        String store = "postgresql://postgres:postgres@127.0.0.1:" + port + "/" + database;
        ServeProcess replica = new ServeProcess(folder.resolve(name), store, yaml);
        parts.add(replica);
        return replica;
    }

    private static void awaitSuccess(ServeProcess replica, String self) throws IOException {
        JsonNode request = json(replica.get(self));
        while (request.path("completed_at").isMissingNode()) {
            request = json(replica.get(self, "Prefer", "wait=30"));
        }
        assertThat(request.path("status").asText()).isEqualTo("succeeded");
    }

    /** The data of the stream's last event; it ends with the request. */
    private static JsonNode lastOf(Stream<String> lines) throws IOException {
        String last =
                StreamSupport.stream(lines.spliterator(), false)
                        .filter(line -> line.startsWith("data:"))
                        .reduce((_, next) -> next)
                        .orElseThrow();
        return JSON.readTree(last.substring("data:".length()));
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }
}
