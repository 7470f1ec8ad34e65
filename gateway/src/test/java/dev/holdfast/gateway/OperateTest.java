package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperateTest {
    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE.quota(5));
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @Test
    void itLivesAndIsReady() {
        assertThat(rig.get("/livez", null).statusCode()).isEqualTo(200);
        assertThat(rig.get("/readyz", null).statusCode()).isEqualTo(200);
    }

    @Test
    void itCountsItsAnswers() {
        rig.get("/crypto/sign", "alice");

        assertThat(rig.get("/metrics", null).body())
                .contains(
                        "holdfast_http_answers_seconds_count{route=\"/crypto/sign\",status=\"400\"}")
                .doesNotContain("key-");
    }

    /** Several look at once, such as two that scrape for each other. */
    @Test
    void figuresAreToldHoweverManyLook() {
        List<CompletableFuture<List<Integer>>> looking = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            looking.add(
                    CompletableFuture.supplyAsync(
                            () ->
                                    Stream.generate(() -> rig.get("/metrics", null).statusCode())
                                            .limit(100)
                                            .toList()));
        }
        for (CompletableFuture<List<Integer>> told : looking) {
            // The store is read by a few at once.
            assertThat(told.join()).isSubsetOf(200, 503);
        }
    }

    @Test
    void onlyAdminsStopAnUpstream() {
        assertThat(problem(rig.call("POST", "/v1/upstreams/signing/pause", "alice")))
                .isEqualTo("403 forbidden");
        assertThat(problem(rig.call("POST", "/v1/upstreams/none/pause", "ops")))
                .isEqualTo("404 not-found");
        HttpResponse<String> paused = rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        assertThat(json(paused).get("paused").asBoolean()).isTrue();
        HttpResponse<String> resumed = rig.call("POST", "/v1/upstreams/signing/resume", "ops");
        assertThat(json(resumed).get("paused").asBoolean(true)).isFalse();
    }

    @Test
    void whatOperatorsDidIsToldToAdminsAlone() {
        long before = acts("").get("acts").size();
        rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        String id = json(rig.get("/crypto/sign?message=audit", "alice")).get("id").asText();
        String own = json(rig.get("/crypto/sign?message=own", "alice")).get("id").asText();
        rig.call("DELETE", "/v1/requests/" + own, "alice");
        rig.call("DELETE", "/v1/requests/" + id, "ops");
        rig.call("POST", "/v1/upstreams/signing/resume", "ops");

        JsonNode first = acts("?limit=2");
        assertThat(first.at("/acts/0/what").asText()).isEqualTo("resume");
        assertThat(first.at("/acts/0/who").asText()).isEqualTo("ops");
        assertThat(first.at("/acts/0/target").asText()).isEqualTo("signing");
        assertThat(first.at("/acts/1/what").asText()).isEqualTo("cancel");
        assertThat(first.at("/acts/1/target").asText()).isEqualTo(id);
        JsonNode next = acts("?limit=1&cursor=" + first.get("next_cursor").asText());
        assertThat(next.at("/acts/0/what").asText()).isEqualTo("pause");
        assertThat(acts("").get("acts").size()).as("not what alice did").isEqualTo(before + 3);
        assertThat(problem(rig.get("/v1/audit", "alice"))).isEqualTo("403 forbidden");
        assertThat(problem(rig.get("/v1/audit?cursor=x&limit=0", "ops")))
                .isEqualTo("400 invalid-request");
    }

    @Test
    void whatIsDoneToManyIsToldOnceForAll() {
        rig.call("POST", "/v1/webhook-secret/rotate", "ops");
        rig.call("POST", "/v1/webhook-secret/rotate", "bob");
        operation("ops", ",\"dry_run\":true");
        operation("alice", "");
        String id = json(operation("ops", "")).get("id").asText();
        rig.call("DELETE", "/v1/operations/" + id, "ops");
        rig.call("DELETE", "/v1/operations/" + UUID.randomUUID(), "ops");
        String batch = json(batch()).get("id").asText();
        assertThat(rig.call("DELETE", "/v1/batches/" + batch, "ops").statusCode()).isEqualTo(202);

        assertThat(acts("?limit=1").at("/acts/0/what").asText()).isEqualTo("cancel-batch");
        JsonNode acts = acts("?limit=4");
        assertThat(acts.at("/acts/0/target").asText()).isEqualTo(batch);
        ((ArrayNode) acts.get("acts")).remove(0);
        assertThat(acts.at("/acts/0/what").asText()).isEqualTo("stop");
        assertThat(acts.at("/acts/0/target").asText()).isEqualTo(id);
        assertThat(acts.at("/acts/1/what").asText()).isEqualTo("retry-all");
        assertThat(acts.at("/acts/1/target").asText()).isEqualTo(id);
        assertThat(acts.at("/acts/2/what").asText()).isEqualTo("rotate");
        assertThat(acts.at("/acts/2/target").asText()).isEqualTo("ops");
    }

    private static HttpResponse<String> operation(String who, String more) {
        String body = "{\"do\":\"retry\",\"filter\":{\"route\":\"/none\"}" + more + "}";
        return rig.post("/v1/operations", who, "application/json", body);
    }

    /** One that calls nothing. */
    private static HttpResponse<String> batch() {
        String line = "{\"route\":\"/none\",\"params\":{}}";
        return rig.post("/v1/batches", "ops", "application/x-ndjson", line + "\n");
    }

    private static JsonNode acts(String query) {
        return json(rig.get("/v1/audit" + query, "ops"));
    }

    @Test
    void howLongTheOldestHasWaitedIsTold() {
        rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        String id = json(rig.get("/crypto/sign?message=old", "alice")).get("id").asText();
        double told;
        do {
            told = oldest();
        } while (told == 0);
        assertThat(oldest()).as("grows while it waits").isGreaterThan(told);
        JsonNode all = json(rig.get("/v1/upstreams", "ops"));
        assertThat(all.at("/upstreams/0/oldest_waiting_seconds").asDouble()).isPositive();
        assertThat(rig.get("/metrics", null).body())
                .containsPattern(
                        "holdfast_upstream_oldest_waiting_seconds\\{upstream=\"signing\"} [0-9.E-]*[1-9]");
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        assertThat(oldest()).as("nothing waits").isZero();
        rig.call("POST", "/v1/upstreams/signing/resume", "ops");
    }

    private static double oldest() {
        return json(rig.get("/v1/upstreams/signing", "ops"))
                .get("oldest_waiting_seconds")
                .asDouble();
    }

    @Test
    void whatIsPausedHasNoEstimateAndWhatWasNeverCalledNoRate() {
        JsonNode fresh = json(rig.get("/v1/upstreams/signing", "alice"));
        assertThat(fresh.has("success_rate")).isFalse();
        assertThat(fresh.has("estimated_seconds")).isTrue();
        rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        JsonNode paused = json(rig.get("/v1/upstreams/signing", "alice"));
        assertThat(paused.get("waiting_for").asText()).isEqualTo("paused");
        assertThat(paused.has("estimated_seconds")).isFalse();
        JsonNode receipt = json(rig.get("/crypto/sign?message=m", "alice"));
        assertThat(receipt.get("waiting_for").asText()).isEqualTo("paused");
        assertThat(receipt.has("estimated_seconds")).isFalse();
        rig.call("POST", "/v1/upstreams/signing/resume", "ops");
        rig.get("/v1/requests/" + receipt.get("id").asText(), "alice", "Prefer", "wait=20");
        rig.get("/crypto/sign?message=m", "alice");
        JsonNode called = json(rig.get("/v1/upstreams/signing", "alice"));
        assertThat(called.get("success_rate").asDouble()).isEqualTo(1);
    }

    @Test
    void upstreamsShowTheirSlots() {
        assertThat(json(rig.get("/v1/upstreams", "alice")).at("/upstreams/0/name").asText())
                .isEqualTo("signing");
        assertThat(json(rig.get("/v1/upstreams/signing", "alice")).at("/quota/0/limit").asInt())
                .isEqualTo(5);
        assertThat(problem(rig.get("/v1/upstreams/none", "alice"))).isEqualTo("404 not-found");
    }

    @Test
    void aSecretIsRotatedAndTheOldOneStaysBesideIt() {
        String before = json(rig.get("/v1/webhook-secret", "bob")).get("secret").asText();
        HttpResponse<String> rotated = rig.call("POST", "/v1/webhook-secret/rotate", "bob");

        assertThat(before).startsWith("whsec_");
        assertThat(json(rotated).get("secret").asText()).isNotEqualTo(before);
        assertThat(json(rotated).at("/previous/0").asText()).isEqualTo(before);
        assertThat(rotated.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void aWebhookIsTested() {
        assertThat(json(test("{\"url\":\"https://example.com/\"}")).get("outcome").asText())
                .isEqualTo("delivered");
        assertThat(test("{\"url\":\"https://example.com/hangs\"}").statusCode()).isEqualTo(202);
        assertThat(problem(test("{\"url\":\"http://localhost/\"}")))
                .isEqualTo("422 webhook-url-forbidden");
        assertThat(problem(test("{}"))).isEqualTo("400 invalid-request");
    }

    private static HttpResponse<String> test(String body) {
        return rig.post("/v1/webhooks/test", "alice", "application/json", body);
    }

    @Test
    void publicKeysAndDocumentsAreForAnybody() {
        assertThat(
                        json(rig.get("/.well-known/webhook-keys", null))
                                .at("/keys/0/algorithm")
                                .asText())
                .isEqualTo("ed25519");
        assertThat(rig.get("/", null).body()).contains("/crypto/sign", "/swagger");
        assertThat(rig.get("/openapi.yaml", null).body()).startsWith("openapi: 3.1");
        assertThat(rig.get("/swagger", null).body()).contains("\"swagger/swagger-ui-bundle.js\"");
        assertThat(rig.get("/swagger/swagger-ui-bundle.js", null).body()).contains("Swagger");
        assertThat(rig.get("/swagger/start.js", null).body()).contains("\"openapi.yaml\"");
        assertThat(problem(rig.get("/swagger/index.html", null))).isEqualTo("404 not-found");
        assertThat(rig.get("/problems/queue-full", null).body())
                .contains("503")
                .contains("Send it again after Retry-After");
        assertThat(rig.get("/problems/upstream-failed", null).body())
                .contains("uncertain: ", "max-attempts: ", "give-up-after: ")
                .contains("result-too-large: ", "result-unreadable: ");
        assertThat(problem(rig.get("/problems/none", null))).isEqualTo("404 not-found");
    }

    @Test
    void aMountAnswersForItsPathsOnly() {
        assertThat(rig.get("/third/mount", null).body()).isEqualTo("the mount");
        assertThat(rig.get("/third/mount/a/b.js", null).body()).isEqualTo("the mount");
        assertThat(rig.get("/third/mount", null).headers().firstValue("X-Request-Id")).isPresent();
        assertThat(problem(rig.get("/third/mounts", null))).isEqualTo("404 not-found");
    }

    @Test
    void aMountForAdminsTurnsOthersAway() {
        assertThat(problem(rig.get("/third/admins", null))).isEqualTo("401 unauthorized");
        assertThat(problem(rig.get("/third/admins", "alice"))).isEqualTo("403 forbidden");
        assertThat(rig.get("/third/admins", "ops").body()).isEqualTo("for admins");
    }

    @Test
    void headIsGetWithoutABody() {
        HttpResponse<String> head = rig.call("HEAD", "/livez", null);

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }
}
