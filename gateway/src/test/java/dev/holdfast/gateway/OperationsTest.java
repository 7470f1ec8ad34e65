package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Acts on all that a filter chooses, over HTTP. */
@Timeout(120)
class OperationsTest {
    private static final String JSON = "application/json";

    private Rig rig;

    @BeforeEach
    void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE);
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    /** A request that the upstream refuses, since it has no such path. */
    private String failed(String who) {
        return json(rig.get("/missing?", who)).get("id").asText();
    }

    private HttpResponse<String> begin(String who, String body) {
        return rig.post("/v1/operations", who, JSON, body);
    }

    private JsonNode over(String who, String body) {
        HttpResponse<String> begun = begin(who, body);
        assertThat(begun.statusCode()).as(begun.body()).isBetween(200, 202);
        String path = "/v1/operations/" + json(begun).get("id").asText();
        JsonNode now = json(rig.get(path, who));
        while (now.get("status").asText().equals("running")) {
            pause();
            now = json(rig.get(path, who));
        }
        return now;
    }

    /** So that those who work have the processor. */
    private static void pause() {
        new CompletableFuture<>().completeOnTimeout(null, 20, TimeUnit.MILLISECONDS).join();
    }

    private String status(String id, String who) {
        return json(rig.get("/v1/requests/" + id, who)).get("status").asText();
    }

    @Test
    void allThatFailedAreRetriedAfterADryRunToldHowMany() {
        List<String> mine = List.of(failed("alice"), failed("alice"), failed("alice"));
        String bobs = failed("bob");
        String filter = "\"filter\":{\"reason\":\"rejected\",\"upstream_status\":404}";

        HttpResponse<String> dry =
                begin("alice", "{\"do\":\"retry\"," + filter + ",\"dry_run\":true}");
        assertThat(json(dry).get("matched").asInt()).as(dry.body()).isEqualTo(3);
        assertThat(json(dry).get("done").asInt()).isZero();
        rig.engine.pause("signing", true).toCompletableFuture().join();
        JsonNode done = over("alice", "{\"do\":\"retry\"," + filter + "}");

        assertThat(done.get("matched").asInt()).isEqualTo(3);
        assertThat(done.get("done").asInt()).isEqualTo(3);
        assertThat(done.get("skipped").asInt()).isZero();
        for (String id : mine) {
            assertThat(status(id, "alice")).isEqualTo("queued");
        }
        assertThat(status(bobs, "bob")).isEqualTo("failed");
        assertThat(
                        over("ops", "{\"do\":\"retry\",\"filter\":{\"client\":\"bob\"}}")
                                .get("done")
                                .asInt())
                .isEqualTo(1);
        assertThat(status(bobs, "bob")).isEqualTo("queued");
    }

    @Test
    void whatWaitsIsCancelledAndWhatIsAnotherClientsIsNot() {
        rig.engine.pause("signing", true).toCompletableFuture().join();
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            mine.add(rig.pending("waits-" + i, "alice"));
        }
        String bobs = rig.pending("bobs", "bob");
        JsonNode done =
                over("alice", "{\"do\":\"cancel\",\"filter\":{\"route\":\"/crypto/sign\"}}");

        assertThat(done.get("done").asInt()).isEqualTo(300);
        assertThat(status(mine.getLast(), "alice")).isEqualTo("cancelled");
        assertThat(status(bobs, "bob")).isEqualTo("queued");
    }

    @Test
    void aBatchThatIsCancelledIsOverAndItsRestIsNotCalled() {
        rig.engine.pause("signing", true).toCompletableFuture().join();
        String lines =
                "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"a\"}}\n"
                        + "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"b\"}}\n";
        String path =
                "/v1/batches/"
                        + json(rig.post("/v1/batches", "alice", "application/x-ndjson", lines))
                                .get("id")
                                .asText();
        assertThat(rig.call("DELETE", path, "bob").statusCode()).isEqualTo(404);
        assertThat(rig.call("DELETE", path, "alice").statusCode()).isEqualTo(202);
        while (!json(rig.get(path, "alice")).get("status").asText().equals("cancelled")) {
            pause();
        }

        JsonNode batch = json(rig.get(path, "alice"));
        assertThat(batch.at("/counts/cancelled").asInt()).isEqualTo(2);
        assertThat(rig.get(path + "/results", "alice").body().lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).contains("\"status\":\"cancelled\""));
    }

    @Test
    void oneThatIsSlowIsStoppedWhereItIs() {
        List<String> mine = new ArrayList<>();
        // At one a second it would take a minute: no machine stands still for so long.
        for (int i = 0; i < 60; i++) {
            mine.add(failed("alice"));
        }
        rig.engine.pause("signing", true).toCompletableFuture().join();
        HttpResponse<String> begun =
                begin("alice", "{\"do\":\"retry\",\"filter\":{},\"per_second\":1}");
        assertThat(begun.statusCode()).isEqualTo(202);
        String path = "/v1/operations/" + json(begun).get("id").asText();
        while (!status(mine.getFirst(), "alice").equals("queued")) {
            pause();
        }
        assertThat(rig.call("DELETE", path, "bob").statusCode()).isEqualTo(404);
        JsonNode stopped = json(rig.call("DELETE", path, "alice"));

        assertThat(stopped.get("status").asText()).isEqualTo("stopped");
        assertThat(status(mine.getLast(), "alice")).isEqualTo("failed");
        assertThat(rig.get(path, "bob").statusCode()).isEqualTo(404);
        assertThat(json(rig.get("/v1/operations", "alice")).get("operations")).hasSize(1);
        assertThat(json(rig.get("/v1/operations", "bob")).get("operations")).isEmpty();
    }

    @Test
    void whatIsWrongIsToldAllAtOnce() {
        HttpResponse<String> wrong =
                begin(
                        "alice",
                        "{\"do\":\"explode\",\"filter\":{\"reason\":\"x\",\"client\":\"bob\",\"since\":\"now\","
                                + "\"batch\":\"1\",\"upstream_status\":9,\"more\":1},\"dry_run\":1,\"per_second\":0}");
        assertThat(problem(wrong)).isEqualTo("400 invalid-request");
        assertThat(json(wrong).get("errors")).hasSize(9);
        assertThat(problem(begin("alice", "{\"do\":\"retry\"}"))).isEqualTo("400 invalid-request");
        assertThat(problem(rig.post("/v1/operations", "alice", "text/plain", "x")))
                .isEqualTo("415 unsupported-media-type");
        assertThat(rig.get("/v1/operations/" + UUID.randomUUID(), "alice").statusCode())
                .isEqualTo(404);
        assertThat(rig.get("/v1/operations/x", "alice").statusCode()).isEqualTo(404);
    }
}
