package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.http.Mistake;
import dev.holdfast.http.Problem;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.request.Failure;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.store.Deliveries;
import dev.holdfast.wire.BasePath;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The gateway against its OpenAPI document, both ways. The rig holds every answer of every test
 * against it; here all that is described is called.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContractTest {
    private static final String JSON = "application/json";

    /**
     * What is served by the whole program alone (a converter, a configuration), and held against
     * the document there.
     */
    private static final Set<String> ELSEWHERE =
            Set.of("GET /v1/convert", "GET /v1/convert/stream", "POST /v1/configuration/compare");

    private Rig rig;

    @BeforeAll
    void start(@TempDir Path folder) {
        rig = rig(folder);
    }

    Rig rig(Path folder) {
        return new Rig(folder, Rig.Figures.FREE);
    }

    @AfterAll
    void stop() {
        rig.close();
    }

    @Test
    void everyPathAndMethodIsDescribedAndNoOther() {
        Set<String> served = new TreeSet<>();
        for (Endpoint endpoint : rig.gateway.endpoints()) {
            for (String method : endpoint.allowed()) {
                served.add(method + " " + endpoint.template());
            }
        }
        // The tests' own endpoints, and the console's, which is a page and not part of the API.
        served.removeIf(
                operation ->
                        operation.matches(".* /(third/(admins|large|mount|socket)|console)\\b.*"));
        served.addAll(ELSEWHERE);

        assertThat(rig.openApi.operations()).isEqualTo(served);
    }

    @Test
    void everyOperationAnswersAsDescribed() {
        ask();
        follow();
        bulk();
        webhooks();
        operate();
        Set<String> succeeded = new TreeSet<>();
        for (String called : rig.openApi.called()) {
            if (called.matches(".* [23]..")) {
                succeeded.add(called.substring(0, called.lastIndexOf(' ')));
            }
        }

        Set<String> silent = new TreeSet<>(rig.openApi.operations());
        silent.removeAll(succeeded);
        silent.removeAll(ELSEWHERE);
        // Whose upstream has no such path.
        silent.remove("GET /missing");
        assertThat(silent).isEmpty();
    }

    private void ask() {
        rig.get("/crypto/sign?message=m", "alice");
        rig.get("/crypto/sign?message=m", "alice");
        rig.get("/crypto/sign?message=m&expires_in=60&client_request_id=a", "alice");
        rig.get("/crypto/sign?message=m", "alice", "Accept", "text/plain");
        rig.post("/crypto/sign", "alice", JSON, "{\"message\":\"m\"}");
        rig.post("/third/echo", "alice", JSON, "{\"text\":\"m\"}");
        rig.get("/crypto/verify?message=m&signature=s", "alice");
        rig.get("/crypto/verify?message=m&signature=s", "alice", "Accept", "text/plain");
        rig.post("/crypto/verify", "alice", JSON, "{\"message\":\"m\",\"signature\":\"s\"}");
        for (String path : List.of("/crypto/sign", "/crypto/verify")) {
            rig.get(path, "alice");
            rig.get(path, null);
            rig.call("DELETE", path, "alice");
            rig.post(path, "alice", "text/xml", "<m/>");
            rig.post(path, "alice", JSON, "{\"message\":\"" + "m".repeat(4097) + "\"}");
            rig.get(path + "?signature=s&message=m&webhook_url=ftp://x/", "alice");
        }
    }

    private void follow() {
        rig.upstream.fault(Fault.of(Fault.Mode.HANG));
        String id = rig.pending("follow", "alice");
        String path = "/v1/requests/" + id;
        rig.get(path, "alice", "Prefer", "wait=0");
        rig.get(path, "alice", "If-None-Match", "W/\"running.1\"");
        rig.get("/v1/requests?limit=1", "alice");
        rig.get("/v1/requests?limit=many", "alice");
        rig.get(path + "/attempts", "alice");
        rig.patch(path, "alice", "{}");
        rig.patch(path, "alice", "{\"priority\":1,\"colour\":2}");
        rig.patch(path, null, "{}");
        var asked = Rig.json(rig.get("/crypto/sign?message=later&not_before=3600", "alice"));
        String later = "/v1/requests/" + asked.get("id").asText();
        rig.patch(later, "alice", "{\"not_before\":7200,\"priority\":\"low\"}");
        rig.call("DELETE", later, "alice");
        rig.call("DELETE", path, "alice");
        rig.upstream.fault(Fault.NONE);
        rig.call("DELETE", path, "alice");
        rig.get(path + "/events", "alice");
        rig.call("POST", path + "/retry", "alice");
        String failed = json(rig.get("/missing", "alice")).get("id").asText();
        rig.get("/v1/requests/" + failed, "alice");
        rig.get("/v1/requests/" + failed + "/result", "alice");
        String signed = json(rig.get("/crypto/sign?message=bytes", "alice")).get("id").asText();
        rig.get("/v1/requests/" + signed + "/result", "alice");
        rig.get("/v1/requests/" + signed + "/result", "alice", "Range", "bytes=1-2");
        rig.get("/v1/requests/" + signed + "/result", "alice", "Range", "bytes=999999-");
        assertThat(rig.call("POST", "/v1/requests/" + failed + "/retry", "alice").statusCode())
                .isEqualTo(202);
        for (String below : List.of("", "/events", "/attempts", "/result")) {
            rig.get("/v1/requests/" + UUID.randomUUID() + below, "alice");
            rig.get(path + below, null);
            rig.call("PUT", path + below, "alice");
        }
    }

    private void bulk() {
        String lines =
                "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"bulk\"}}\n{\"route\":1}\n";
        HttpResponse<String> sent = rig.post("/v1/batches", "alice", "application/x-ndjson", lines);
        assertThat(sent.statusCode()).isEqualTo(202);
        rig.post("/v1/batches", "alice", "application/json", lines);
        rig.post("/v1/batches", "alice", "application/x-ndjson", "");
        rig.get("/v1/batches", "alice");
        rig.get("/v1/batches?limit=many", "alice");
        String path = "/v1/batches/" + json(sent).get("id").asText();
        for (String below : List.of("", "/events", "/results", "/results?unfinished=include")) {
            rig.get(path + below, "alice");
            rig.get("/v1/batches/" + UUID.randomUUID() + below, "alice");
            rig.get(path + below, null);
            rig.call("PUT", path + below, "alice");
        }
        rig.get(path + "/results?cursor=x", "alice");
        rig.call("DELETE", path, "alice");
        rig.call("DELETE", "/v1/batches/" + UUID.randomUUID(), "alice");
        HttpResponse<String> dry =
                rig.post(
                        "/v1/operations",
                        "ops",
                        JSON,
                        "{\"do\":\"cancel\",\"filter\":{\"client\":\"bob\"},\"dry_run\":true}");
        rig.post("/v1/operations", "alice", JSON, "{\"do\":\"redeliver\",\"filter\":{}}");
        rig.post("/v1/operations", "alice", JSON, "{}");
        rig.get("/v1/operations", "alice");
        String operation = "/v1/operations/" + json(dry).get("id").asText();
        for (String each : List.of(operation, "/v1/operations/" + UUID.randomUUID())) {
            rig.get(each, "ops");
            rig.call("DELETE", each, "ops");
            rig.call("PUT", each, "ops");
        }
    }

    private void webhooks() {
        rig.get("/v1/webhook-secret", "alice");
        rig.call("POST", "/v1/webhook-secret/rotate", "alice");
        rig.post("/v1/webhooks/test", "alice", JSON, "{\"url\":\"https://example.com/\"}");
        rig.post("/v1/webhooks/test", "alice", JSON, "{\"url\":\"https://example.com/hangs\"}");
        rig.post("/v1/webhooks/test", "alice", JSON, "{\"url\":5}");
        rig.get("/crypto/sign?message=hook&webhook_url=https://example.com/", "alice");
        String delivery = json(rig.get("/v1/deliveries", "alice")).at("/deliveries/0/id").asText();
        rig.call("POST", "/v1/deliveries/" + delivery + "/redeliver", "alice");
        rig.call("POST", "/v1/deliveries/" + UUID.randomUUID() + "/redeliver", "alice");
        rig.store
                .deliveries()
                .settle(
                        new Deliveries.DeliveryTry(
                                UUID.fromString(delivery),
                                Deliveries.State.PENDING,
                                Duration.ofHours(1),
                                500,
                                "no luck",
                                Duration.ofMillis(3)))
                .toCompletableFuture()
                .join();
        rig.get("/v1/deliveries/" + delivery + "/tries", "alice");
        rig.get("/v1/deliveries/" + UUID.randomUUID() + "/tries", "alice");
        rig.get("/v1/deliveries?status=pending", "alice");
        rig.get("/v1/deliveries?status=lost", "alice");
        rig.get("/.well-known/webhook-keys", null);
    }

    private void operate() {
        rig.get("/v1/audit", "alice");
        rig.get("/v1/audit?limit=1", "ops");
        rig.get("/v1/upstreams", "alice");
        rig.get("/v1/upstreams/signing", "alice");
        rig.get("/v1/upstreams/none", "alice");
        rig.call("POST", "/v1/upstreams/signing/pause", "alice");
        rig.call("POST", "/v1/upstreams/signing/pause", "ops");
        rig.call("POST", "/v1/upstreams/signing/resume", "ops");
        rig.get("/v1/upstreams/signing/clients", "alice");
        rig.get("/v1/upstreams/signing/clients", "ops");
        rig.get("/v1/upstreams/none/clients", "ops");
        rig.get("/v1/upstreams/signing/partitions", "alice");
        rig.get("/v1/upstreams/signing/partitions?limit=1", "ops");
        rig.get("/v1/upstreams/signing/partitions/alice", "ops");
        rig.put("/v1/upstreams/signing/partitions/alice", "ops", "{}");
        rig.call("POST", "/v1/upstreams/signing/partitions/alice/pause", "ops");
        rig.call("POST", "/v1/upstreams/signing/partitions/alice/resume", "ops");
        for (String path : List.of("/livez", "/readyz", "/metrics", "/", "/openapi.yaml")) {
            rig.get(path, null);
            rig.call("POST", path, null);
        }
        rig.get("/swagger", null);
        rig.get("/swagger/swagger-ui.css", null);
        rig.get("/swagger/none", null);
        rig.get("/problems/not-found", null);
        rig.get("/nothing/here", "alice");
    }

    @ParameterizedTest
    @EnumSource(Problem.Kind.class)
    void everyProblemHasItsPage(Problem.Kind kind) {
        assertThat(rig.get(kind.type(), null).body())
                .contains(kind.slug(), Integer.toString(kind.status()), kind.title());
    }

    @ParameterizedTest
    @EnumSource(Problem.Kind.class)
    void everyProblemIsDescribed(Problem.Kind kind) {
        Failure failure = new Failure(Failure.Reason.REJECTED, 404, "no");
        List<Problem> forms =
                kind == Problem.Kind.INVALID_REQUEST
                        ? List.of(new Problem.Invalid(kind, List.of(new Mistake("a", "b"))))
                        : List.of(
                                new Problem.Plain(kind, "detail"),
                                new Problem.Passing(kind, "detail", Duration.ofMillis(1500)),
                                new Problem.Ended(kind, "detail", UUID.randomUUID(), failure));
        for (Problem problem : forms) {
            String json =
                    ProblemWriter.render(problem, BasePath.NONE, "/path", "id-1")
                            .toString(StandardCharsets.UTF_8);
            assertThat(rig.openApi.problemMistakes(kind.status(), json)).as(json).isEmpty();
        }
    }
}
