package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.simulator.door.Fault;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {
    @TempDir private Path folder;

    @Test
    void aClientHasOnlySoManyPending() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(1).maxPending(2))) {
            rig.get("/crypto/sign?message=slot", "ops");
            rig.pending("a", "alice");
            rig.pending("b", "alice");
            HttpResponse<String> third = rig.get("/crypto/sign?message=c", "alice");

            assertThat(problem(third)).isEqualTo("429 too-many-pending");
            assertThat(rig.pending("c", "bob")).isNotEmpty();
        }
    }

    @Test
    void aFullQueueTakesNoMore() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(1).maxQueue(2))) {
            rig.get("/crypto/sign?message=slot", "ops");
            rig.pending("a", "alice");
            rig.pending("b", "alice");
            HttpResponse<String> third = rig.get("/crypto/sign?message=c", "alice");

            assertThat(problem(third)).isEqualTo("503 queue-full");
        }
    }

    @Test
    void aReceiptTellsOfTheQuota() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(1))) {
            rig.get("/crypto/sign?message=slot", "ops");
            HttpResponse<String> receipt = rig.get("/crypto/sign?message=b", "alice");

            assertThat(receipt.statusCode()).isEqualTo(202);
            assertThat(receipt.headers().firstValue("RateLimit-Policy"))
                    .contains("\"signing\";q=1;w=600");
            assertThat(receipt.headers().firstValue("RateLimit").orElse(""))
                    .matches("\"signing\";r=0;t=\\d+");
            assertThat(json(receipt).get("position").asInt()).isEqualTo(1);
        }
    }

    @Test
    @Timeout(60)
    void aReceiptTellsOfThePartitionsQuotaBesideTheUpstreams() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(5))) {
            rig.put(
                    "/v1/upstreams/signing/partitions/alice",
                    "ops",
                    "{\"quota\":[{\"limit\":1,\"window_seconds\":60}]}");
            String first = "/v1/requests/" + json(echo(rig)).get("id").asText();
            String status;
            do { // its slot frees a window after it is over
                status = json(rig.get(first, "alice", "Prefer", "wait=20")).get("status").asText();
            } while (!status.equals("succeeded"));
            HttpResponse<String> receipt = echo(rig);
            while (!told(receipt, "RateLimit").contains(";t=")) {
                // What is told of a partition may be of a moment before its call was over.
                rig.get(
                        receipt.headers().firstValue("Location").orElseThrow(),
                        "alice",
                        "Prefer",
                        "wait=1");
                receipt = echo(rig);
            }
            assertThat(told(receipt, "RateLimit-Policy"))
                    .isEqualTo(
                            "\"signing\";q=5;w=600, \"signing-partition\";q=1;w=60;pk=:YWxpY2U=:");
            assertThat(told(receipt, "RateLimit"))
                    .matches("\"signing\";r=\\d, \"signing-partition\";r=0;t=\\d+;pk=:YWxpY2U=:");
        }
    }

    private static HttpResponse<String> echo(Rig rig) {
        return rig.send(
                rig.to("/third/echo", "alice")
                        .header("Content-Type", "application/json")
                        .header("Prefer", "respond-async")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\":\"m\"}")));
    }

    private static String told(HttpResponse<String> answer, String header) {
        assertThat(answer.statusCode()).isEqualTo(202);
        return answer.headers().firstValue(header).orElse("");
    }

    @Test
    @Timeout(60)
    void nobodyWaitsForAPausedUpstream() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            rig.call("POST", "/v1/upstreams/signing/pause", "ops");
            Duration took;
            int asked = 0;
            do { // until the machine stalls no more
                long began = System.nanoTime();
                HttpResponse<String> receipt = rig.get("/crypto/sign?message=" + asked++, "alice");
                took = Duration.ofNanos(System.nanoTime() - began);
                assertThat(receipt.statusCode()).isEqualTo(202);
            } while (took.compareTo(Rig.ANSWER_WITHIN) >= 0);
        }
    }

    @Test
    @Timeout(60)
    void anUpstreamThatWantsToBeLeftAloneHasNoSlot() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(100))) {
            rig.upstream.fault(Fault.status(429).retryAfter(500));
            rig.pending("a", "alice");
            JsonNode view;
            do {
                view = json(rig.get("/v1/upstreams/signing", "ops"));
            } while (!view.get("state").asText().equals("closed"));

            assertThat(view.get("free_slots").asInt()).isZero();
            assertThat(view.get("next_slot_seconds").asDouble()).isGreaterThan(400);
        }
    }

    @Test
    void whatFailsForGoodWhileItsCallerWaitsIsToldAsAProblem() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.maxAttempts(2))) {
            rig.upstream.fault(Fault.of(Fault.Mode.STATUS));
            HttpResponse<String> failed = rig.get("/crypto/sign?message=a", "alice");

            assertThat(problem(failed)).isEqualTo("502 upstream-failed");
            assertThat(json(failed).get("reason").asText()).isEqualTo("max-attempts");
            assertThat(json(failed).get("upstream_status").asInt()).isEqualTo(503);

            rig.upstream.fault(Fault.NONE);
            String id = json(failed).get("id").asText();
            HttpResponse<String> retried =
                    rig.call("POST", "/v1/requests/" + id + "/retry", "alice");
            assertThat(retried.statusCode()).as(retried.body()).isEqualTo(202);
            assertThat(
                            json(rig.get("/v1/requests/" + id, "alice", "Prefer", "wait=5"))
                                    .get("id")
                                    .asText())
                    .isEqualTo(id);
        }
    }
}
