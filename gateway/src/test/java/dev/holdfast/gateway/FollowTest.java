package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One slot in ten minutes, and it is taken: what is asked stays queued. */
@Timeout(60)
class FollowTest {
    @TempDir private Path folder;
    private Rig rig;
    private String done;

    @BeforeEach
    void start() {
        rig = new Rig(folder, Rig.Figures.FREE.quota(1));
        done = json(rig.get("/crypto/sign?message=slot", "alice")).get("id").asText();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%00", "a%00b", "%0a", "%7f"})
    void aControlCharacterInAFilterIsTheCallersMistake(String value) {
        for (String path : List.of("/v1/requests", "/v1/deliveries")) {
            for (String field : List.of("client_request_id", "status", "request_id", "cursor")) {
                var answer = rig.get(path + "?" + field + "=" + value, "alice");
                assertThat(answer.statusCode()).as(path + " " + field).isEqualTo(400);
                assertThat(answer.body()).contains("\"" + field + "\"");
            }
        }
    }

    @Test
    void whatIsScheduledIsCountedAtOnceWhereNothingCanBeCalled() {
        rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        for (int i = 1; i <= 2; i++) {
            rig.get("/crypto/sign?message=later" + i + "&not_before=3600", "alice");
            JsonNode upstream = json(rig.get("/v1/upstreams/signing", "alice"));
            assertThat(upstream.at("/backlog/scheduled").asInt()).isEqualTo(i);
        }
        rig.get("/crypto/sign?message=later2&not_before=1800", "bob");
        JsonNode upstream = json(rig.get("/v1/upstreams/signing", "alice"));
        assertThat(upstream.at("/backlog/scheduled").asInt()).as("jobs").isEqualTo(2);
    }

    @Test
    void whoUsesTheQuotaIsToldToAdminsAlone() {
        rig.get("/crypto/sign?message=waits", "bob");
        JsonNode windows = json(rig.get("/v1/upstreams/signing/clients", "ops")).get("windows");
        assertThat(windows).hasSize(1);
        assertThat(windows.at("/0/taken").asInt()).isOne();
        assertThat(windows.at("/0/clients").toString())
                .isEqualTo("[{\"client\":\"alice\",\"used\":1}]");
        assertThat(windows.get(0).has("looked_back_to")).isFalse();
        assertThat(problem(rig.get("/v1/upstreams/signing/clients", "alice")))
                .isEqualTo("403 forbidden");
        assertThat(problem(rig.get("/v1/upstreams/none/clients", "ops")))
                .isEqualTo("404 not-found");
    }

    @Test
    void aRequestIsScheduledAndChangedWhileItWaits() {
        JsonNode asked = json(rig.get("/crypto/sign?message=later&not_before=3600", "alice"));
        String path = "/v1/requests/" + asked.get("id").asText();
        assertThat(asked.get("status").asText()).isEqualTo("scheduled");
        assertThat(asked.get("waiting_for").asText()).isEqualTo("time");
        assertThat(asked.get("position").asInt()).isZero();
        assertThat(asked.get("estimated_seconds").asInt()).isBetween(3_590, 3_700);
        assertThat(rig.get("/v1/requests?status=scheduled", "alice").body()).contains(path);

        String far = "{\"not_before\":\"2099-01-01T00:00:00Z\"}";
        assertThat(rig.patch(path, "alice", far).statusCode()).isEqualTo(400);
        String later = "{\"not_before\":7200,\"priority\":\"low\"}";
        JsonNode changed = json(rig.patch(path, "alice", later));
        assertThat(changed.get("status").asText()).isEqualTo("scheduled");
        assertThat(changed.get("priority").asText()).isEqualTo("low");
        assertThat(changed.get("estimated_seconds").asInt()).isGreaterThan(7_000);
        assertThat(rig.patch(path, "bob", "{}").statusCode()).isEqualTo(404);

        changed = json(rig.patch(path, "alice", "{\"not_before\":0}"));
        assertThat(changed.get("status").asText()).isEqualTo("queued");
        rig.call("DELETE", path, "alice");
        String high = "{\"priority\":\"high\"}";
        assertThat(rig.patch(path, "alice", high).statusCode()).isEqualTo(409);
    }

    @Test
    void aRequestTellsWhereItStands() {
        String id = rig.pending("a", "alice");
        JsonNode queued = json(rig.get("/v1/requests/" + id, "alice"));
        JsonNode finished = json(rig.get("/v1/requests/" + done, "alice"));

        assertThat(queued.get("status").asText()).isEqualTo("queued");
        assertThat(queued.get("position").asInt()).isEqualTo(1);
        assertThat(queued.at("/params/message").asText()).isEqualTo("a");
        assertThat(queued.get("route").asText()).isEqualTo("/crypto/sign");
        assertThat(finished.at("/result/signature").asText()).hasSize(344);
        assertThat(finished.has("position")).isFalse();
    }

    @Test
    void anUnchangedRequestIsNotToldAgain() {
        String id = rig.pending("a", "alice");
        String etag = rig.get("/v1/requests/" + id, "alice").headers().firstValue("ETag").get();

        assertThat(rig.get("/v1/requests/" + id, "alice", "If-None-Match", etag).statusCode())
                .isEqualTo(304);
        for (String known : List.of(etag.substring(2), "\"x\", " + etag, etag + ", \"x\"", "*")) {
            assertThat(rig.get("/v1/requests/" + id, "alice", "If-None-Match", known).statusCode())
                    .as(known)
                    .isEqualTo(304);
        }
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        assertThat(rig.get("/v1/requests/" + id, "alice", "If-None-Match", etag).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aHeldPollEndsWhenTheRequestDoes() {
        String id = rig.pending("a", "alice");
        CompletableFuture<HttpResponse<String>> held =
                rig.sendLater(rig.to("/v1/requests/" + id, "alice").header("Prefer", "wait=30"));
        while (!rig.get("/metrics", null).body().contains("holdfast_http_held 1.0")) {
            Thread.onSpinWait();
        }
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        HttpResponse<String> answer = held.join();

        assertThat(json(answer).get("status").asText()).isEqualTo("cancelled");
        assertThat(answer.headers().firstValue("Preference-Applied")).contains("wait=30");
    }

    @Test
    void aHeldPollIsLetGoWhenWhoeverAskedLeaves() throws IOException {
        String id = rig.pending("a", "alice");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            String poll =
                    "GET /v1/requests/"
                            + id
                            + " HTTP/1.1\r\nHost: x\r\nAuthorization: key-alice\r\n"
                            + "Prefer: wait=60\r\n\r\n";
            socket.getOutputStream().write(poll.getBytes(StandardCharsets.US_ASCII));
            awaitHeld(1);
        }
        awaitHeld(0);
    }

    private void awaitHeld(int count) {
        while (!rig.get("/metrics", null).body().contains("holdfast_http_held " + count + ".0")) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatAKeyGaveIsKeptFromCachesThatOthersUse() {
        String id = rig.pending("a", "alice");
        for (String path :
                List.of(
                        "/crypto/sign?message=slot",
                        "/v1/requests",
                        "/v1/requests/" + id,
                        "/v1/requests/" + id + "/attempts",
                        "/v1/webhook-secret",
                        "/v1/upstreams/signing",
                        "/v1/requests/none",
                        "/third/admins")) {
            HttpResponse<String> answer = rig.get(path, "ops");
            assertThat(answer.headers().firstValue("Vary").orElse(""))
                    .as(path)
                    .contains("Authorization");
            assertThat(answer.headers().firstValue("Cache-Control").orElse(""))
                    .as(path)
                    .containsPattern("no-store|private");
        }
        assertThat(rig.get("/openapi.yaml", null).headers().firstValue("Cache-Control").orElse(""))
                .doesNotContain("no-store");
    }

    @Test
    void aPollIsHeldNoLongerThanItWants() {
        String id = rig.pending("a", "alice");
        long start = System.nanoTime();
        HttpResponse<String> answer = rig.get("/v1/requests/" + id, "alice", "Prefer", "wait=1");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(950), Duration.ofMillis(1900));
    }

    @Test
    void aPollThatRunsOutWhileTheEngineIsBusyTellsWhereTheRequestStands() {
        String id = rig.pending("a", "alice");
        var busy = new CompletableFuture<Void>();
        var held = rig.sendLater(rig.to("/v1/requests/" + id, "alice").header("Prefer", "wait=1"));
        awaitHeld(1);
        rig.loop.execute(busy::join);
        try {
            HttpResponse<String> answer = held.join();
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(json(answer).get("status").asText()).isEqualTo("queued");
        } finally {
            busy.complete(null);
        }
        awaitHeld(0);
    }

    @Test
    void aPollThatRunsOutWhileTheStoreCannotBeReadTellsWhatWasSeen() {
        String id = rig.pending("a", "alice");
        var held = rig.sendLater(rig.to("/v1/requests/" + id, "alice").header("Prefer", "wait=1"));
        awaitHeld(1);
        rig.store.close();
        HttpResponse<String> answer = held.join();

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).get("status").asText()).isEqualTo("queued");
    }

    @Test
    void eventsTellWhereARequestStandsAndEndWithIt() {
        String id = rig.pending("a", "alice");
        CompletableFuture<HttpResponse<String>> stream =
                rig.sendLater(rig.to("/v1/requests/" + id + "/events", "alice"));
        while (!rig.get("/metrics", null).body().contains("holdfast_http_held 1.0")) {
            Thread.onSpinWait();
        }
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        String events = stream.join().body();

        assertThat(events)
                .contains("id: queued.0\nevent: queued\ndata: {\"id\":\"" + id)
                .contains("id: cancelled.0\nevent: cancelled\ndata: {")
                .endsWith("\n\n");
        assertThat(stream.join().headers().firstValue("Content-Type"))
                .contains("text/event-stream");
    }

    @Test
    void ofAStreamThatItsHeadIsAskedOfThereIsTheHead() {
        String id = rig.pending("head", "alice");

        HttpResponse<String> head = rig.call("HEAD", "/v1/requests/" + id + "/events", "alice");

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type")).contains("text/event-stream");
        assertThat(rig.call("HEAD", "/console/api/live", "ops").statusCode()).isEqualTo(200);
    }

    @Test
    void eventsResumeAfterTheLastOneSeen() {
        String id = rig.pending("a", "alice");
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        String path = "/v1/requests/" + id + "/events";

        assertThat(rig.get(path, "alice", "Last-Event-ID", "queued.0").body())
                .contains("event: cancelled")
                .doesNotContain("event: queued");
        assertThat(rig.get(path, "alice", "Last-Event-ID", "cancelled.0").statusCode())
                .isEqualTo(204);
    }

    @Test
    void requestsAreListedByPage() {
        List<String> ids =
                List.of(
                        rig.pending("a", "alice"),
                        rig.pending("b", "alice"),
                        rig.pending("c", "alice"));
        rig.pending("d", "bob");
        JsonNode first = json(rig.get("/v1/requests?status=queued&limit=2", "alice"));
        JsonNode second =
                json(
                        rig.get(
                                "/v1/requests?status=queued&limit=2&cursor="
                                        + first.get("next_cursor").asText(),
                                "alice"));

        assertThat(first.get("requests").findValuesAsText("id"))
                .containsExactly(ids.get(2), ids.get(1));
        assertThat(second.get("requests").findValuesAsText("id")).containsExactly(ids.get(0));
        assertThat(second.has("next_cursor")).isFalse();
        assertThat(json(rig.get("/v1/requests", "alice")).get("requests")).hasSize(4);
        assertThat(json(rig.get("/v1/requests", "ops")).get("requests")).hasSize(5);
    }

    @Test
    void aListingIsFiltered() {
        rig.get("/crypto/sign?message=x&client_request_id=r-1", "alice", "Prefer", "wait=0");

        assertThat(json(rig.get("/v1/requests?client_request_id=r-1", "alice")).get("requests"))
                .hasSize(1);
        assertThat(json(rig.get("/v1/requests?route=/missing", "alice")).get("requests")).isEmpty();
        JsonNode found =
                json(
                        rig.get(
                                "/v1/requests?text=X&limit=1&since=2020-01-01T00:00:00Z"
                                        + "&until=2999-01-01T00:00:00%2B01:00",
                                "alice"));
        assertThat(found.at("/requests/0/params/message").asText()).isEqualTo("x");
        assertThat(json(rig.get("/v1/requests?reason=rejected", "alice")).get("requests"))
                .isEmpty();
        JsonNode first = json(rig.get("/v1/requests?limit=1", "alice"));
        assertThat(first.get("looked_back_to")).isEqualTo(first.at("/requests/0/created_at"));
        assertThat(problem(rig.get("/v1/requests?since=soon", "alice")))
                .isEqualTo("400 invalid-request");
        assertThat(problem(rig.get("/v1/requests?status=done", "alice")))
                .isEqualTo("400 invalid-request");
        assertThat(problem(rig.get("/v1/requests?limit=0&cursor=x&foo=1", "alice")))
                .isEqualTo("400 invalid-request");
        assertThat(
                        json(rig.get("/v1/requests?limit=0&cursor=x&foo=1", "alice"))
                                .get("errors")
                                .findValuesAsText("field"))
                .containsExactlyInAnyOrder("limit", "cursor", "foo");
    }

    @Test
    void attemptsSayHowEachWent() {
        JsonNode attempts =
                json(rig.get("/v1/requests/" + done + "/attempts", "alice")).get("attempts");

        assertThat(attempts).hasSize(1);
        assertThat(attempts.get(0).get("status").asInt()).isEqualTo(200);
        assertThat(attempts.get(0).get("outcome").asText()).isEqualTo("done");
        assertThat(attempts.get(0).get("summary").asText()).endsWith("attempt 1: 200");
    }

    @Test
    void aGatewayThatIsToStopAnswersWhatItHoldsAtOnce() {
        String path = "/v1/requests/" + rig.pending("held", "alice");
        var held = rig.sendLater(rig.to(path, "alice").header("Prefer", "wait=60"));
        while (rig.gateway.holds.count() == 0) {
            Thread.onSpinWait();
        }
        rig.gateway.release();

        assertThat(json(held.join()).get("status").asText()).isEqualTo("queued");
        assertThat(problem(rig.get(path, "alice", "Prefer", "wait=60")))
                .isEqualTo("503 too-many-held");
    }

    @Test
    void aRequestIsCancelledOnce() {
        String id = rig.pending("a", "alice");
        HttpResponse<String> cancelled = rig.call("DELETE", "/v1/requests/" + id, "alice");

        assertThat(json(cancelled).get("status").asText()).isEqualTo("cancelled");
        assertThat(problem(rig.call("DELETE", "/v1/requests/" + id, "alice")))
                .isEqualTo("409 already-done");
        assertThat(problem(rig.call("DELETE", "/v1/requests/" + done, "alice")))
                .isEqualTo("409 already-done");
    }

    @Test
    void onlyAFailedRequestIsRetried() {
        assertThat(problem(rig.call("POST", "/v1/requests/" + done + "/retry", "alice")))
                .isEqualTo("409 not-failed");
    }

    @Test
    void noClientReachesAnothersRequest() {
        String id = rig.pending("a", "alice");
        String path = "/v1/requests/" + id;

        assertThat(problem(rig.get(path, "bob"))).isEqualTo("404 not-found");
        assertThat(problem(rig.get(path, "bob", "Prefer", "wait=5"))).isEqualTo("404 not-found");
        assertThat(problem(rig.get(path + "/events", "bob"))).isEqualTo("404 not-found");
        assertThat(problem(rig.get(path + "/attempts", "bob"))).isEqualTo("404 not-found");
        assertThat(problem(rig.call("DELETE", path, "bob"))).isEqualTo("404 not-found");
        assertThat(problem(rig.call("POST", path + "/retry", "bob"))).isEqualTo("404 not-found");
        assertThat(json(rig.get("/v1/requests", "bob")).get("requests")).isEmpty();
        assertThat(json(rig.get("/v1/requests?cursor=" + id, "bob")).get("requests")).isEmpty();
        assertThat(json(rig.get("/v1/deliveries?request_id=" + id, "bob")).get("deliveries"))
                .isEmpty();
        assertThat(json(rig.get(path, "alice")).get("status").asText()).isEqualTo("queued");
        assertThat(json(rig.get(path, "ops")).get("status").asText()).isEqualTo("queued");
    }

    @Test
    void anothersRequestLooksLikeNone() {
        String id = rig.pending("a", "alice");
        JsonNode others = json(rig.get("/v1/requests/" + id, "bob"));
        JsonNode none = json(rig.get("/v1/requests/" + UUID.randomUUID(), "bob"));

        assertThat(others.get("detail")).isEqualTo(none.get("detail"));
        assertThat(problem(rig.get("/v1/requests/not-an-id", "bob"))).isEqualTo("404 not-found");
    }

    @Test
    void noClientReachesAnothersDelivery() {
        String id =
                json(rig.get(
                                "/crypto/sign?message=w&webhook_url=https://example.com/hook",
                                "alice",
                                "Prefer",
                                "wait=0"))
                        .get("id")
                        .asText();
        rig.call("DELETE", "/v1/requests/" + id, "alice");
        JsonNode deliveries = json(rig.get("/v1/deliveries?request_id=" + id, "alice"));
        String delivery = deliveries.at("/deliveries/0/id").asText();
        String path = "/v1/deliveries/" + delivery;

        assertThat(delivery).as(deliveries.toString()).isNotEmpty();
        assertThat(json(rig.get("/v1/deliveries", "bob")).get("deliveries")).isEmpty();
        assertThat(problem(rig.call("POST", path + "/redeliver", "bob")))
                .isEqualTo("404 not-found");
        assertThat(problem(rig.get(path + "/tries", "bob"))).isEqualTo("404 not-found");
        assertThat(rig.call("POST", path + "/redeliver", "alice").statusCode()).isEqualTo(202);
        assertThat(json(rig.get("/v1/webhook-secret", "alice")).get("secret"))
                .isNotEqualTo(json(rig.get("/v1/webhook-secret", "bob")).get("secret"));
    }

    @Test
    void aStopAnswersWhatIsHeld() {
        String id = rig.pending("a", "alice");
        CompletableFuture<HttpResponse<String>> held =
                rig.sendLater(rig.to("/v1/requests/" + id, "alice").header("Prefer", "wait=30"));
        while (!rig.get("/metrics", null).body().contains("holdfast_http_held 1.0")) {
            Thread.onSpinWait();
        }
        rig.gateway.stop();

        assertThat(json(held.join()).get("status").asText()).isEqualTo("queued");
    }
}
