package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.simulator.door.Fault;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskDoorTest {
    private static final String JSON = "application/json";
    private static final String FORM = "application/x-www-form-urlencoded";
    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @Test
    void aSignatureComesBackAndTheNextTimeFromTheCache() {
        HttpResponse<String> first = rig.get("/crypto/sign?message=one", "alice");
        HttpResponse<String> again = rig.get("/crypto/sign?message=one", "bob");

        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        JsonNode body = json(first);
        assertThat(body.get("status").asText()).isEqualTo("succeeded");
        assertThat(body.get("signature").asText()).hasSize(344);
        assertThat(body.get("attempts").asInt()).isEqualTo(1);
        assertThat(body.get("created_at").asText()).endsWith("Z");
        assertThat(header(first, "Cache-Status")).isEqualTo("holdfast; fwd=miss");
        assertThat(header(again, "Cache-Status")).matches("holdfast; hit; ttl=2591\\d{3}");
        assertThat(json(again).get("signature")).isEqualTo(body.get("signature"));
    }

    @Test
    void anAnswerAtHandIsItsClientsOwn() {
        String ask = "/crypto/sign?message=whose";
        rig.get(ask, "alice");
        JsonNode alices = json(rig.get(ask, "alice"));
        JsonNode bobs = json(rig.get(ask, "bob"));

        assertThat(bobs.get("id")).isNotEqualTo(alices.get("id"));
        assertThat(rig.get("/v1/requests/" + bobs.get("id").asText(), "bob").statusCode())
                .isEqualTo(200);
        assertThat(json(rig.get(ask, "alice")).get("id")).isEqualTo(alices.get("id"));
    }

    @Test
    void aHitCarriesItsOwnAsksReference() {
        rig.get("/crypto/sign?message=mine&client_request_id=first", "alice");
        HttpResponse<String> again =
                rig.get("/crypto/sign?message=mine&client_request_id=second", "alice");
        HttpResponse<String> plain = rig.get("/crypto/sign?message=mine", "alice");

        assertThat(json(again).get("client_request_id").asText()).isEqualTo("second");
        assertThat(json(plain).has("client_request_id")).isFalse();
    }

    @Test
    void jsonFormAndQueryAskTheSame() {
        String signature =
                json(rig.get("/crypto/sign?message=gr%C3%BC%C3%9Fe+1", "alice"))
                        .get("signature")
                        .asText();

        assertThat(
                        json(rig.post("/crypto/sign", "alice", JSON, "{\"message\":\"grüße 1\"}"))
                                .get("signature")
                                .asText())
                .isEqualTo(signature);
        assertThat(
                        json(rig.post(
                                        "/crypto/sign",
                                        "alice",
                                        FORM + "; charset=UTF-8",
                                        "message=gr%C3%BC%C3%9Fe%201"))
                                .get("signature")
                                .asText())
                .isEqualTo(signature);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "h\u00e9llo, h\u00e9llo",
        // Read as Latin-1 twice, the UTF-8 of these two is that of an e with an acute accent.
        "\u00c3\u00a9, \u00c3\u00a9",
        "%C3%83\u00a9, \u00c3\u00a9",
        "h%C3%A9llo+\ud83d\ude00, h\u00e9llo \ud83d\ude00",
        // Full-width digits are no hexadecimal ones.
        "%\uff14\uff11, ",
        "%4\u0661, ",
        "%+1, "
    })
    void whatIsSignedIsWhatWasSentByQueryAndByForm(String sent, String signed) throws IOException {
        assertThat(signed("GET /crypto/sign?message=" + sent, "")).isEqualTo(signed);
        assertThat(signed("POST /crypto/sign", "message=" + sent)).isEqualTo(signed);
    }

    /** The message that a succeeded request holds, or null if it was refused with 400. */
    private static String signed(String ask, String body) throws IOException {
        String head =
                "\r\nHost: x\r\nAuthorization: key-alice\r\nConnection: close\r\n"
                        + (body.isEmpty() ? "" : "Content-Type: " + FORM + "\r\n");
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        String request = ask + " HTTP/1.1" + head + "Content-Length: " + length + "\r\n\r\n" + body;
        String answer = rig.raw(request.getBytes(StandardCharsets.UTF_8));
        if (answer.startsWith("HTTP/1.1 400 ")) {
            assertThat(answer).contains("/problems/invalid-request").contains("message");
            return null;
        }
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        String id = answer.replaceFirst("(?s).*\"id\":\"([^\"]+)\".*", "$1");
        return json(rig.get("/v1/requests/" + id, "alice")).at("/params/message").asText();
    }

    @Test
    void whoWantsTextGetsWhatTheUpstreamAnswers() {
        HttpResponse<String> json = rig.get("/crypto/sign?message=text", "alice");
        HttpResponse<String> text =
                rig.get("/crypto/sign?message=text", "alice", "Accept", "text/plain");
        HttpResponse<String> invalid =
                rig.get(
                        "/crypto/verify?message=text&signature=no",
                        "alice",
                        "Accept",
                        "text/plain");

        assertThat(text.body()).isEqualTo(json(json).get("signature").asText());
        assertThat(header(text, "Content-Type")).startsWith("text/plain");
        assertThat(invalid.statusCode()).isEqualTo(400);
        assertThat(invalid.body()).startsWith("Error 400: Invalid signature");
    }

    @Test
    void aSignatureIsVerified() {
        String signature =
                json(rig.get("/crypto/sign?message=check", "alice")).get("signature").asText();

        assertThat(
                        json(rig.get(
                                        "/crypto/verify?message=check&signature=" + signature,
                                        "alice"))
                                .get("valid")
                                .asBoolean())
                .isTrue();
        assertThat(
                        json(rig.get("/crypto/verify?message=other&signature=" + signature, "bob"))
                                .get("valid")
                                .asBoolean(true))
                .isFalse();
    }

    @Test
    void aThirdApiIsWrappedByConfigurationAlone() {
        HttpResponse<String> answer =
                rig.post(
                        "/third/echo",
                        "alice",
                        JSON,
                        "{\"text\":\"say \\\"hi\\\"\",\"lang\":\"en\"}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode echo = json(answer).get("answer").get("echo");
        assertThat(echo.get("text").asText()).isEqualTo("say \"hi\"");
        assertThat(echo.get("lang").asText()).isEqualTo("en");
        assertThat(problem(rig.get("/third/echo?text=x", "alice")))
                .isEqualTo("405 method-not-allowed");
    }

    @Test
    void anUpstreamRefusalIsShownWithItsStatusAndWords() {
        HttpResponse<String> refused = rig.get("/missing", "alice");

        assertThat(problem(refused)).isEqualTo("422 upstream-rejected");
        assertThat(json(refused).get("upstream_status").asInt()).isEqualTo(404);
        assertThat(json(refused).get("upstream_body").asText()).contains("Not found");
    }

    @Test
    void aReceiptComesAtOnceForWhoDoesNotWait() {
        rig.upstream.fault(Fault.of(Fault.Mode.HANG));
        try {
            HttpResponse<String> receipt =
                    rig.get("/crypto/sign?message=async", "alice", "Prefer", "respond-async");

            assertThat(receipt.statusCode()).isEqualTo(202);
            JsonNode body = json(receipt);
            String self = "/v1/requests/" + body.get("id").asText();
            assertThat(header(receipt, "Location")).isEqualTo(self);
            assertThat(body.at("/links/self").asText()).isEqualTo(self);
            assertThat(header(receipt, "Preference-Applied")).isEqualTo("respond-async");
            assertThat(Integer.parseInt(header(receipt, "Retry-After"))).isPositive();
            assertThat(header(receipt, "Cache-Status")).isEqualTo("holdfast; fwd=miss");

            HttpResponse<String> collapsed =
                    rig.get("/crypto/sign?message=async", "bob", "Prefer", "wait=0");
            assertThat(header(collapsed, "Cache-Status"))
                    .isEqualTo("holdfast; fwd=miss; collapsed");
            assertThat(header(collapsed, "Preference-Applied")).isEqualTo("wait=0");
        } finally {
            rig.upstream.fault(Fault.NONE);
        }
    }

    /** An order of two coffees is not one coffee (P4). */
    @Test
    void twoAsksOfACallThatIsNotRepeatableAreTwoCallsUnlessTheyHaveOneKey() {
        rig.upstream.fault(Fault.of(Fault.Mode.HANG));
        try {
            HttpResponse<String> first = order("alice", "order-a");
            HttpResponse<String> second = order("alice", "order-b");
            HttpResponse<String> others = order("bob", "order-a");
            HttpResponse<String> plain = order("alice", null);
            HttpResponse<String> same = order("alice", "order-a");

            assertThat(Stream.of(first, second, others, plain).map(it -> id(it)))
                    .doesNotHaveDuplicates();
            assertThat(Stream.of(first, second, others, plain))
                    .allSatisfy(
                            receipt ->
                                    assertThat(header(receipt, "Cache-Status"))
                                            .isEqualTo("holdfast; fwd=miss"));
            assertThat(id(same)).isEqualTo(id(first));
        } finally {
            rig.upstream.fault(Fault.NONE);
        }
    }

    private static HttpResponse<String> order(String who, String key) {
        HttpRequest.Builder order =
                rig.to("/third/echo", who)
                        .header("Content-Type", "application/json")
                        .header("Prefer", "respond-async")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\":\"coffee\"}"));
        return rig.send(key == null ? order : order.header("Idempotency-Key", key));
    }

    private static String id(HttpResponse<String> answer) {
        return json(answer).get("id").asText();
    }

    @Test
    void aHungUpstreamIsAnsweredForInTime() {
        rig.upstream.fault(Fault.of(Fault.Mode.HANG));
        try {
            long start = System.nanoTime();
            HttpResponse<String> receipt = rig.get("/crypto/sign?message=hung", "alice");
            Duration took = Duration.ofNanos(System.nanoTime() - start);

            assertThat(receipt.statusCode()).isEqualTo(202);
            assertThat(took).isBetween(Rig.ANSWER_WITHIN.minusMillis(50), Duration.ofMillis(1950));
        } finally {
            rig.upstream.fault(Fault.NONE);
        }
    }

    @Test
    void aCancelledRequestIsNotTakenForAnAnswerOnceItsSharedCallSucceeds() {
        Duration longerThanTheyWait = Duration.ofSeconds(3);
        Fault slow = new Fault(Fault.Mode.SLOW, 0, longerThanTheyWait, null, 0, Duration.ZERO);
        rig.upstream.fault(slow);
        String ask = "/crypto/sign?message=shared";
        String cancelled = json(rig.get(ask, "alice")).get("id").asText();
        String bobs = rig.pending("shared", "bob");
        rig.call("DELETE", "/v1/requests/" + cancelled, "alice");
        rig.upstream.fault(Fault.NONE);
        JsonNode ended = json(rig.get("/v1/requests/" + bobs, "bob", "Prefer", "wait=30"));
        assertThat(ended.get("status").asText()).isEqualTo("succeeded");

        HttpResponse<String> again = rig.get(ask, "alice");

        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(json(again).get("id").asText()).isNotEqualTo(cancelled);
    }

    @Test
    void anIdempotencyKeyGivesTheSameRequestAndNoOther() {
        String key = "Idempotency-Key";
        HttpResponse<String> first =
                rig.get("/crypto/sign?message=idem", "alice", key, "\"order-1\"");
        HttpResponse<String> again = rig.get("/crypto/sign?message=idem", "alice", key, "order-1");
        HttpResponse<String> other = rig.get("/crypto/sign?message=idem2", "alice", key, "order-1");
        HttpResponse<String> others = rig.get("/crypto/sign?message=idem2", "bob", key, "order-1");
        String told = "/crypto/sign?message=idem&webhook_url=https://example.com/";
        HttpResponse<String> withWebhook = rig.get(told, "alice", key, "order-1");

        assertThat(json(again).get("id")).isEqualTo(json(first).get("id"));
        assertThat(problem(other)).isEqualTo("422 idempotency-key-reused");
        assertThat(problem(withWebhook)).isEqualTo("422 idempotency-key-reused");
        assertThat(others.statusCode()).isEqualTo(200);
    }

    @Test
    void refusalsNameWhatIsWrong() {
        String ask = "/crypto/sign?message=m";

        assertThat(problem(rig.get("/crypto/sign", "alice"))).isEqualTo("400 invalid-request");
        assertThat(problem(rig.get(ask, null))).isEqualTo("401 unauthorized");
        assertThat(problem(rig.get(ask, "alicf"))).isEqualTo("401 unauthorized");
        assertThat(problem(rig.get("/crypto/nothing", "alice"))).isEqualTo("404 not-found");
        assertThat(problem(rig.call("DELETE", "/crypto/sign", "alice")))
                .isEqualTo("405 method-not-allowed");
        assertThat(problem(rig.get("/crypto/sign?message=" + "a".repeat(4097), "alice")))
                .isEqualTo("413 content-too-large");
        assertThat(problem(rig.post("/crypto/sign", "alice", "text/xml", "<m/>")))
                .isEqualTo("415 unsupported-media-type");
        assertThat(problem(rig.get(ask + "&webhook_url=http://10.0.0.1/", "alice")))
                .isEqualTo("422 webhook-url-forbidden");
        assertThat(problem(rig.get(ask + "&webhook_url=file:///etc/passwd", "alice")))
                .isEqualTo("422 webhook-url-forbidden");
    }

    @Test
    void unauthorizedAndNotAllowedCarryTheirHeaders() {
        assertThat(header(rig.get("/crypto/sign?message=m", null), "WWW-Authenticate"))
                .startsWith("Bearer");
        assertThat(header(rig.call("PUT", "/crypto/sign", "alice"), "Allow"))
                .isEqualTo("GET, POST");
        assertThat(header(rig.post("/crypto/sign", "alice", "a/b", "x"), "Accept"))
                .contains("application/json");
    }

    @Test
    void everyAnswerNamesItsRequest() {
        assertThat(header(rig.get("/crypto/sign?message=id", "alice"), "X-Request-Id"))
                .isNotEmpty();
        HttpResponse<String> named =
                rig.get("/crypto/sign", "alice", "X-Request-Id", "from-the-caller");
        assertThat(header(named, "X-Request-Id")).isEqualTo("from-the-caller");
        assertThat(json(named).get("request_id").asText()).isEqualTo("from-the-caller");
        assertThat(header(rig.get("/nothing", null, "X-Request-Id", "not one\""), "X-Request-Id"))
                .doesNotContain("\"");
    }

    @Test
    void noErrorRepeatsASecret() {
        String secret = "s3cret-message";
        HttpResponse<String> bad =
                rig.get("/crypto/sign?message=" + secret + "&message=" + secret, "alice");

        assertThat(problem(bad)).isEqualTo("400 invalid-request");
        assertThat(bad.body()).doesNotContain(secret).doesNotContain("key-alice");
    }

    @Test
    void theLongestMessageIsSignedByQueryAndByBody() {
        String longest = "ä".repeat(2048);
        String query = URLEncoder.encode(longest, StandardCharsets.UTF_8);
        HttpResponse<String> byQuery = rig.get("/crypto/sign?message=" + query, "alice");
        HttpResponse<String> byBody =
                rig.post("/crypto/sign", "alice", JSON, "{\"message\":\"" + longest + "\"}");

        assertThat(byQuery.statusCode()).isEqualTo(200);
        assertThat(json(byBody).get("signature")).isEqualTo(json(byQuery).get("signature"));
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
