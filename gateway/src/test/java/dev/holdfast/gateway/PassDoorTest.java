package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Any request, any result: what comes is passed on as it came, and so is what comes back. */
@Timeout(120)
class PassDoorTest {
    @TempDir Path folder;
    private PassWorld world;

    @BeforeEach
    void begin() {
        world = new PassWorld(folder);
    }

    @AfterEach
    void end() {
        world.close();
    }

    static byte[] bytes(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String header(HttpResponse<byte[]> response, String name) {
        return response.headers().firstValue(name).orElse(null);
    }

    @Test
    void whateverIsSentArrivesAsItWas() {
        byte[] body = bytes(1000, 1);
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
            world.send(
                    world.to(
                                    "/any/a%20b/c.d?q=%2F&r=1&r",
                                    "Content-Type",
                                    "application/x-odd",
                                    "Accept",
                                    "a/b",
                                    "X-One",
                                    "1",
                                    "User-Agent",
                                    "me",
                                    "Cookie",
                                    "c=1")
                            .method(method, BodyPublishers.ofByteArray(body)));
            PassPeer.Came came = world.peer.came.getLast();
            assertThat(came.line()).isEqualTo(method + " /base/a%20b/c.d?q=%2F&r=1&r HTTP/1.1");
            assertThat(came.body()).isEqualTo(body);
            assertThat(came.has("content-type: application/x-odd\r\n")).isTrue();
            assertThat(came.has("accept: a/b\r\n")).isTrue();
            assertThat(came.has("x-one: 1\r\n")).isTrue();
            assertThat(came.has("authorization: upstream-secret\r\n")).isTrue();
            assertThat(came.head()).doesNotContain("key-alice").doesNotContain("me\r\n");
            assertThat(came.has("cookie")).isFalse();
        }
        world.get("/any/");
        assertThat(world.peer.came.getLast().target()).isEqualTo("/base/");
        world.get("/any/v2/7/x");
        assertThat(world.peer.came.getLast().target()).isEqualTo("/base/two/7");
        world.get("/any/v2/7/y");
        assertThat(world.peer.came.getLast().target()).isEqualTo("/base/v2/7/y");
    }

    @Test
    void whateverIsAnsweredComesBackAsItWas() {
        byte[] pdf = bytes(50_000, 2);
        world.peer.answers(
                (_, out) ->
                        PassPeer.bytes(
                                out,
                                "203 Odd",
                                "Content-Type: application/pdf\r\n"
                                        + "X-A: 1\r\n"
                                        + "X-A: 2\r\n"
                                        + "Set-Cookie: s\r\n"
                                        + "Server: s\r\n",
                                pdf));
        HttpResponse<byte[]> answer = world.get("/any/report");
        assertThat(answer.statusCode()).isEqualTo(203);
        assertThat(answer.body()).isEqualTo(pdf);
        assertThat(header(answer, "content-type")).isEqualTo("application/pdf");
        assertThat(answer.headers().allValues("x-a")).containsExactly("1", "2");
        assertThat(header(answer, "set-cookie")).isNull();
        assertThat(header(answer, "server")).isNull();
        assertThat(header(answer, "holdfast-request-id")).hasSize(36);
        world.peer.answers(
                (_, out) ->
                        out.write(
                                "HTTP/1.1 204 No Content\r\nX-B: 3\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII)));
        HttpResponse<byte[]> none = world.send(world.to("/any/gone").DELETE());
        assertThat(none.statusCode()).isEqualTo(204);
        assertThat(header(none, "x-b")).isEqualTo("3");
        world.peer.answers(
                (_, out) ->
                        out.write(
                                "HTTP/1.1 200 OK\r\nX-C: 4\r\nContent-Length: 99\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII)));
        HttpResponse<byte[]> head =
                world.send(world.to("/any/head").method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "x-c")).isEqualTo("4");
        assertThat(header(head, "content-length")).isEqualTo("99");
    }

    @Test
    void aHeadIsToldTheLengthThatTheUpstreamSaysHoweverLargeOrNone() {
        HttpRequest.Builder head = world.to("/any/large").method("HEAD", BodyPublishers.noBody());
        world.peer.answers(
                (_, out) ->
                        out.write(
                                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII)));
        HttpResponse<byte[]> large = world.send(head);
        assertThat(large.statusCode()).isEqualTo(200);
        assertThat(header(large, "content-length")).isEqualTo("99999999999");
        world.peer.answers(
                (_, out) ->
                        out.write(
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII)));
        HttpResponse<byte[]> unknown = world.send(head);
        assertThat(unknown.statusCode()).isEqualTo(200);
        assertThat(header(unknown, "content-length")).isNull();
    }

    @Test
    void aBrowserRunsNothingThatAnUpstreamAnswers() {
        for (String status : List.of("200 OK", "404 Not Found")) {
            world.peer.answers(
                    (_, out) ->
                            PassPeer.text(
                                    out,
                                    status,
                                    "Content-Type: text/html\r\n"
                                            + "X-Content-Type-Options: sniff\r\n",
                                    "<script>alert(1)</script>"));
            HttpResponse<byte[]> page = world.get("/any/page");
            assertThat(header(page, "content-type")).isEqualTo("text/html");
            assertThat(page.headers().allValues("content-security-policy"))
                    .containsExactly("sandbox; default-src 'none'");
            assertThat(page.headers().allValues("x-content-type-options"))
                    .containsExactly("nosniff");
        }
    }

    @Test
    void eachAskThatIsHeldHasAPlaceAndGivesItBack() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        world.peer.answers(
                (_, out) -> {
                    go.await();
                    PassPeer.text(out, "200 OK", "", "ok");
                });
        CompletableFuture<HttpResponse<byte[]>> one = world.sendLater(world.to("/held/a"));
        CompletableFuture<HttpResponse<byte[]>> two = world.sendLater(world.to("/held/b"));
        try (Socket gone = new Socket(InetAddress.getLoopbackAddress(), world.port)) {
            gone.getOutputStream()
                    .write(
                            "GET /held/c HTTP/1.1\r\nHost: h\r\nAuthorization: key-alice\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            awaitHeld(3);
        }
        awaitHeld(2);
        go.countDown();
        assertThat(PassWorld.text(one.get())).isEqualTo("ok");
        assertThat(PassWorld.text(two.get())).isEqualTo("ok");
        awaitHeld(0);
    }

    @Test
    void aStopGivesAReceiptToWhoIsHeld() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        world.peer.answers(
                (_, out) -> {
                    go.await();
                    PassPeer.text(out, "200 OK", "", "ok");
                });
        CompletableFuture<HttpResponse<byte[]>> passed = world.sendLater(world.to("/held/a"));
        CompletableFuture<HttpResponse<byte[]>> asked = world.sendLater(world.to("/asked?q=a"));
        awaitHeld(2);
        world.release();
        for (HttpResponse<byte[]> receipt : List.of(passed.get(), asked.get())) {
            assertThat(receipt.statusCode()).isEqualTo(202);
            assertThat(header(receipt, "location")).startsWith("/v1/requests/");
        }
        awaitHeld(0);
        go.countDown();
    }

    @Test
    void aRouteWithParametersHoldsAsWell() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        world.peer.answers(
                (_, out) -> {
                    go.await();
                    PassPeer.text(out, "200 OK", "", "late");
                });
        CompletableFuture<HttpResponse<byte[]>> held = world.sendLater(world.to("/asked?q=a"));
        HttpResponse<byte[]> shorter = world.get("/asked?q=b", "Prefer", "wait=1");
        assertThat(shorter.statusCode()).isEqualTo(202);
        assertThat(header(shorter, "preference-applied")).isEqualTo("wait=1");
        // Whose route says nothing has waited for as long as an answer may take: so has the other.
        assertThat(world.get("/any/c").statusCode()).isEqualTo(202);
        assertThat(held).isNotDone();
        go.countDown();
        assertThat(PassWorld.text(held.get())).contains("\"a\":\"late\"");
        awaitHeld(0);
    }

    /** The test's time limit ends it. */
    private void awaitHeld(int count) {
        while (world.held() != count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void codedBytesAndAStreamOfEventsComeAsTheyAre() {
        byte[] coded = bytes(300, 3);
        world.peer.answers(
                (_, out) -> PassPeer.bytes(out, "200 OK", "Content-Encoding: zstd\r\n", coded));
        HttpResponse<byte[]> answer = world.get("/any/coded");
        assertThat(answer.body()).isEqualTo(coded);
        assertThat(header(answer, "content-encoding")).isEqualTo("zstd");
        String events = "data: 1\n\ndata: [DONE]\n\n";
        world.peer.answers(
                (_, out) -> {
                    out.write(
                            ("HTTP/1.1 200 OK\r\n"
                                            + "Content-Type: text/event-stream\r\n"
                                            + "Transfer-Encoding: chunked\r\n\r\n"
                                            + "9\r\n"
                                            + "data: 1\n\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    out.write(
                            "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                });
        HttpResponse<byte[]> whole = world.get("/any/stream");
        assertThat(PassWorld.text(whole)).isEqualTo(events);
        assertThat(header(whole, "content-type")).isEqualTo("text/event-stream");
    }

    @Test
    void aRefusalComesThroughAsItIs() {
        world.peer.answers(
                (_, out) ->
                        PassPeer.text(
                                out,
                                "404 Not Found",
                                "Content-Type: application/json\r\nX-Why: no\r\n",
                                "{\"error\":\"no such model\"}"));
        HttpResponse<byte[]> refused = world.post("/any/v1/chat", bytes(10, 4));
        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(PassWorld.text(refused)).isEqualTo("{\"error\":\"no such model\"}");
        assertThat(header(refused, "content-type")).isEqualTo("application/json");
        assertThat(header(refused, "x-why")).isEqualTo("no");
        String id = header(refused, "holdfast-request-id");
        String followed = PassWorld.text(world.get("/v1/requests/" + id));
        assertThat(followed)
                .contains("\"status\":\"failed\"", "\"reason\":\"rejected\"", "no such model");
    }

    @Test
    void largeBodiesAndAnswersArriveByteForByte() {
        byte[] up = bytes((5 << 20) + 17, 5);
        byte[] down = bytes((7 << 20) + 3, 6);
        world.peer.answers(
                (_, out) -> PassPeer.bytes(out, "200 OK", "Content-Type: a/b\r\n", down));
        HttpResponse<byte[]> answer = world.post("/held/upload", up);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Arrays.equals(answer.body(), down)).isTrue();
        assertThat(Arrays.equals(world.peer.came.getLast().body(), up)).isTrue();
        String id = header(answer, "holdfast-request-id");
        String followed = PassWorld.text(world.get("/v1/requests/" + id));
        assertThat(followed)
                .contains(
                        "\"result\":{\"upstream_status\":200,\"content_type\":\"a/b\",\"bytes\":"
                                + down.length
                                + "}",
                        "\"result\":\"/v1/requests/" + id + "/result\"");
        HttpResponse<byte[]> part =
                world.get("/v1/requests/" + id + "/result", "Range", "bytes=65530-131080");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(down, 65530, 131081));
        HttpResponse<byte[]> whole = world.get("/v1/requests/" + id + "/result");
        assertThat(Arrays.equals(whole.body(), down)).isTrue();
    }

    @Test
    void anAnswerThatEndsWithItsConnectionIsWhole() {
        byte[] down = bytes(3 << 20, 7);
        world.peer.answers(
                (_, out) -> {
                    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    out.write(down);
                    out.flush();
                    throw new java.io.IOException("that was all");
                });
        // Often, since what is read and what is closed meet in many ways.
        for (int i = 0; i < 12; i++) {
            assertThat(Arrays.equals(world.get("/held/close").body(), down)).isTrue();
        }
    }

    @Test
    void anAnswerOrABodyThatIsTooLargeIsRefused() {
        world.peer.answers(
                (_, out) -> PassPeer.bytes(out, "200 OK", "", new byte[PassWorld.MAX_ANSWER + 1]));
        HttpResponse<byte[]> answer = world.get("/held/huge");
        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(PassWorld.text(answer)).contains("result-too-large");
        assertThat(
                        world.raw(
                                "POST /any/x HTTP/1.1\r\nHost: h\r\nAuthorization: key-alice\r\n"
                                        + "Content-Length: 67108865\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ");
    }

    @Test
    void whatTakesTooLongIsAReceiptAndItsResultIsFetched() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        byte[] down = bytes(200_000, 8);
        world.peer.answers(
                (_, out) -> {
                    go.await();
                    PassPeer.bytes(out, "201 Created", "Content-Type: image/png\r\n", down);
                });
        HttpResponse<byte[]> receipt =
                world.post("/any/slow", bytes(10, 9), "Prefer", "respond-async");
        assertThat(receipt.statusCode()).isEqualTo(202);
        String id = header(receipt, "holdfast-request-id");
        assertThat(header(receipt, "location")).isEqualTo("/v1/requests/" + id);
        assertThat(world.get("/v1/requests/" + id + "/result").statusCode()).isEqualTo(404);
        CompletableFuture<HttpResponse<byte[]>> held = world.sendLater(world.to("/held/slow"));
        go.countDown();
        assertThat(held.get().statusCode()).isEqualTo(201);
        world.get("/v1/requests/" + id, "Prefer", "wait=30", "If-None-Match", "W/\"x\"");
        HttpResponse<byte[]> followed = world.get("/v1/requests/" + id, "Prefer", "wait=30");
        assertThat(PassWorld.text(followed)).contains("\"status\":\"succeeded\"");
        HttpResponse<byte[]> result = world.get("/v1/requests/" + id + "/result");
        assertThat(result.body()).isEqualTo(down);
        assertThat(header(result, "content-type")).isEqualTo("image/png");
        assertThat(header(result, "content-security-policy")).contains("sandbox");
        String etag = header(result, "etag");
        assertThat(world.get("/v1/requests/" + id + "/result", "If-None-Match", etag).statusCode())
                .isEqualTo(304);
    }

    @Test
    void aRouteThatHoldsWaitsForItsResultBeyondTheTimeOfAnAnswer() {
        var go = new CountDownLatch(1);
        world.peer.answers(
                (_, out) -> {
                    go.await();
                    PassPeer.text(out, "200 OK", "", "late");
                });
        CompletableFuture<HttpResponse<byte[]>> held = world.sendLater(world.to("/held/a"));
        HttpResponse<byte[]> shorter = world.get("/held/b", "Prefer", "wait=0");
        assertThat(shorter.statusCode()).isEqualTo(202);
        // Who is not held has waited for as long as an answer may take: so has the other.
        assertThat(world.get("/any/c").statusCode()).isEqualTo(202);
        assertThat(held).isNotDone();
        go.countDown();
        assertThat(PassWorld.text(held.join())).isEqualTo("late");
    }

    @Test
    void theSameKeyGivesTheSameResultAndIsNoSecondCall() {
        byte[] order = bytes(100_000, 10);
        HttpResponse<byte[]> one = world.post("/any/orders", order, "Idempotency-Key", "k1");
        HttpResponse<byte[]> two = world.post("/any/orders", order, "Idempotency-Key", "k1");
        assertThat(header(two, "holdfast-request-id"))
                .isEqualTo(header(one, "holdfast-request-id"));
        assertThat(PassWorld.text(two)).isEqualTo("ok");
        assertThat(world.peer.came).hasSize(1);
        assertThat(world.peer.came.getFirst().has("idempotency-key: k1")).isTrue();
        byte[] other = order.clone();
        other[99_999]++;
        HttpResponse<byte[]> reused = world.post("/any/orders", other, "Idempotency-Key", "k1");
        assertThat(reused.statusCode()).isEqualTo(422);
        world.post("/any/orders", order);
        world.post("/any/orders", order);
        assertThat(world.peer.came).hasSize(3);
    }

    @Test
    void aRangeIsWhatItNames() {
        world.peer.answers((_, out) -> PassPeer.text(out, "200 OK", "", "0123456789"));
        String id = header(world.get("/any/ten"), "holdfast-request-id");
        String result = "/v1/requests/" + id + "/result";
        assertThat(PassWorld.text(world.get(result, "Range", "bytes=2-4"))).isEqualTo("234");
        assertThat(PassWorld.text(world.get(result, "Range", "bytes=7-"))).isEqualTo("789");
        assertThat(PassWorld.text(world.get(result, "Range", "bytes=-2"))).isEqualTo("89");
        HttpResponse<byte[]> past = world.get(result, "Range", "bytes=10-");
        assertThat(past.statusCode()).isEqualTo(416);
        assertThat(header(past, "content-range")).isEqualTo("bytes */10");
        for (String all : List.of("bytes=4-2", "bytes=-", "lines=1-2", "bytes=0-1,3-4")) {
            HttpResponse<byte[]> whole = world.get(result, "Range", all);
            assertThat(whole.statusCode()).as(all).isEqualTo(200);
            assertThat(PassWorld.text(whole)).isEqualTo("0123456789");
        }
        HttpResponse<byte[]> changed =
                world.get(result, "Range", "bytes=2-4", "If-Range", "\"other\"");
        assertThat(changed.statusCode()).isEqualTo(200);
    }

    @Test
    void wishesOfItsOwnAreReadAndOthersAreMistakes() {
        HttpResponse<byte[]> wrong =
                world.get(
                        "/any/a",
                        "Holdfast-Expires-In",
                        "soon",
                        "Holdfast-Client-Request-Id",
                        "x".repeat(300),
                        "Holdfast-Not-Before",
                        "soon",
                        "Holdfast-Priority",
                        "urgent",
                        "Holdfast-Colour",
                        "red");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(PassWorld.text(wrong))
                .contains(
                        "holdfast-expires-in",
                        "holdfast-client-request-id",
                        "holdfast-not-before",
                        "holdfast-priority",
                        "holdfast-colour");
        HttpResponse<byte[]> right =
                world.get(
                        "/any/a",
                        "Holdfast-Expires-In",
                        "60",
                        "Holdfast-Client-Request-Id",
                        "mine",
                        "Holdfast-Priority",
                        "low",
                        "Holdfast-Webhook-Url",
                        "https://example.com/hook");
        String id = header(right, "holdfast-request-id");
        assertThat(PassWorld.text(world.get("/v1/requests/" + id)))
                .contains(
                        "\"client_request_id\":\"mine\"", "\"priority\":\"low\"", "\"expires_at\"");
        assertThat(world.peer.came.getLast().has("holdfast-")).isFalse();
    }
}
