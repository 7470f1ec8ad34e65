package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.store.Batches;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Asks that come together, over HTTP. */
@Timeout(120)
class BatchTest {
    private static final String NDJSON = "application/x-ndjson";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Whose upstream is called, and the other's not: thousands of signatures take their time. */
    private static Rig live;

    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path one, @TempDir Path other) {
        live = new Rig(one, Rig.Figures.FREE);
        rig = new Rig(other, new Rig.Figures(0, 200_000, 200_000, 0));
        rig.engine.pause("signing", true).toCompletableFuture().join();
    }

    @AfterAll
    static void stop() {
        live.close();
        rig.close();
    }

    private static String line(String message) {
        return "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"" + message + "\"}}\n";
    }

    private static String lines(String stem, int count) {
        StringBuilder lines = new StringBuilder();
        IntStream.range(0, count).forEach(i -> lines.append(line(stem + i)));
        return lines.toString();
    }

    private static JsonNode sent(String body, String... headers) {
        return sent(rig, body, headers);
    }

    private static JsonNode sent(Rig rig, String body, String... headers) {
        HttpResponse<String> answer = send(rig, body, headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return json(answer);
    }

    private static HttpResponse<String> send(String body, String... headers) {
        return send(rig, body, headers);
    }

    private static HttpResponse<String> send(Rig rig, String body, String... headers) {
        HttpRequest.Builder request =
                rig.to("/v1/batches", "alice")
                        .header("Content-Type", NDJSON)
                        .POST(BodyPublishers.ofString(body));
        return rig.send(headers.length == 0 ? request : request.headers(headers));
    }

    /** The batch when nothing of it goes on. */
    private static JsonNode over(String id) throws IOException, InterruptedException {
        HttpRequest events = live.to("/v1/batches/" + id + "/events", "alice").build();
        String told =
                java.net.http.HttpClient.newHttpClient()
                        .send(events, HttpResponse.BodyHandlers.ofString())
                        .body();
        assertThat(told).contains("event: completed");
        return json(live.get("/v1/batches/" + id, "alice"));
    }

    private static List<JsonNode> results(Rig rig, String id, String query) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            HttpResponse<String> page =
                    rig.get("/v1/batches/" + id + "/results?" + query + cursor, "alice");
            assertThat(page.statusCode()).isEqualTo(200);
            for (String line : page.body().lines().toList()) {
                lines.add(MAPPER.readTree(line));
            }
            cursor =
                    page.headers()
                            .firstValue("Holdfast-Next-Cursor")
                            .map(next -> "&cursor=" + next)
                            .orElse(null);
        }
        return lines;
    }

    @Test
    void everyLineIsAskedAndToldInOrder() throws Exception {
        JsonNode batch = sent(live, lines("all-", 30));
        assertThat(batch.get("accepted").asInt()).isEqualTo(30);
        assertThat(batch.get("refused")).isEmpty();
        String id = batch.get("id").asText();
        JsonNode done = over(id);

        assertThat(done.get("status").asText()).isEqualTo("completed");
        assertThat(done.at("/counts/succeeded").asInt()).isEqualTo(30);
        assertThat(done.has("completed_at")).isTrue();
        List<JsonNode> results = results(live, id, "limit=7");
        assertThat(results).hasSize(30);
        for (int i = 0; i < 30; i++) {
            JsonNode line = results.get(i);
            assertThat(line.get("line").asInt()).isEqualTo(i + 1);
            assertThat(line.at("/params/message").asText()).isEqualTo("all-" + i);
            assertThat(line.at("/result/signature").asText()).hasSize(344);
        }
        String last = results.getLast().get("id").asText();
        assertThat(live.get("/v1/requests/" + last, "alice").statusCode()).isEqualTo(200);
    }

    @Test
    void aBadLineIsToldAndSpoilsNobodyElses() throws Exception {
        String body =
                line("good-1")
                        + "not json\n"
                        + "\n"
                        + "{\"route\":\"/nowhere\",\"params\":{}}\n"
                        + "{\"params\":{\"message\":\"m\"}}\n"
                        + "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"\"}}\n"
                        + "{\"route\":\"/crypto/sign\",\"params\":[1]}\n"
                        + "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"m\"},\"more\":1}\n"
                        + "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"m\",\"expires_in\":1}}\n"
                        + "{\"route\":\"/crypto/sign\",\"message\":\"m\",\"params\":{}}\n"
                        + line("good-2").strip();
        JsonNode batch = sent(live, body);

        assertThat(batch.get("lines").asInt()).isEqualTo(11);
        assertThat(batch.get("accepted").asInt()).isEqualTo(2);
        assertThat(batch.get("refused_lines").asInt()).isEqualTo(8);
        List<Integer> numbers = new ArrayList<>();
        for (JsonNode refused : batch.get("refused")) {
            numbers.add(refused.get("line").asInt());
            assertThat(refused.at("/problem/type").asText()).isEqualTo("/problems/invalid-request");
            assertThat(refused.at("/problem/errors")).isNotEmpty();
        }
        assertThat(numbers).containsExactly(2, 4, 5, 6, 7, 8, 9, 10);
        String id = batch.get("id").asText();
        over(id);
        assertThat(results(live, id, "limit=7").stream().map(line -> line.get("status").asText()))
                .containsExactly(
                        "succeeded",
                        "refused",
                        "refused",
                        "refused",
                        "refused",
                        "refused",
                        "refused",
                        "refused",
                        "refused",
                        "succeeded");
    }

    @Test
    void aLineWhoseRouteAReloadTookOutIsToldAndSpoilsNobodyElses(@TempDir Path folder)
            throws Exception {
        try (Rig reloaded = new Rig(folder, Rig.Figures.FREE)) {
            reloaded.takeOut("/third/echo");

            JsonNode batch =
                    sent(
                            reloaded,
                            line("stays")
                                    + "{\"route\":\"/third/echo\",\"params\":{\"text\":\"gone\"}}\n");

            assertThat(batch.get("accepted").asInt()).isEqualTo(1);
            JsonNode refused = batch.at("/refused/0");
            assertThat(refused.get("line").asInt()).isEqualTo(2);
            assertThat(refused.at("/problem/type").asText()).isEqualTo("/problems/invalid-request");
            assertThat(refused.at("/problem/errors/0/field").asText()).isEqualTo("route");
        }
    }

    @Test
    void allOrNoneIsNoneWhenALineIsWrong() {
        HttpResponse<String> wrong =
                send(line("strict-1") + "{}\n" + line("strict-2"), "Prefer", "handling=strict");
        assertThat(problem(wrong)).isEqualTo("400 invalid-request");
        assertThat(json(wrong).at("/errors/0/field").asText()).isEqualTo("line 2");
        assertThat(json(rig.get("/v1/requests?limit=200", "alice")).toString())
                .doesNotContain("strict-1", "strict-2");

        JsonNode right = sent(line("strict-3") + line("strict-4"), "Prefer", "handling=strict");
        assertThat(right.get("accepted").asInt()).isEqualTo(2);
        HttpResponse<String> many =
                send(lines("many-", Batches.MAX_LINES_TOGETHER + 1), "Prefer", "handling=strict");
        assertThat(problem(many)).isEqualTo("413 content-too-large");
    }

    @Test
    void allOrNoneIsKeptWhereThereIsRoomAndNoneOnceALineIsWrong(@TempDir Path folder) {
        Duration within = Duration.ofMinutes(2);
        // Two thirds of it are shared: the intake's own 4 MiB, and not 3,000 lines that are kept.
        var limits = new ListenerLimits(100, 100, _ -> false, within, within, within, 9 << 20);
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0), null, null, limits, Rig.ANSWER_WITHIN, 2);
        Rig.Figures many = new Rig.Figures(0, 10_000, 10_000, 0);
        try (Rig small = new Rig(folder, many, false, settings)) {
            small.engine.pause("signing", true).toCompletableFuture().join();
            String lines = lines("room-", 3_000);
            String strict = "handling=strict";

            assertThat(problem(send(small, "{}\n" + lines, "Prefer", strict)))
                    .isEqualTo("400 invalid-request");
            untilNothingIsInHand(small);
            assertThat(problem(send(small, lines, "Prefer", strict))).isEqualTo("503 overloaded");
            untilNothingIsInHand(small);
            assertThat(sent(small, lines).get("accepted").asInt()).isEqualTo(3_000);
        }
    }

    /** What was answered is in memory until its stream has ended, which is a moment later. */
    private static void untilNothingIsInHand(Rig rig) {
        while (rig.get("/metrics", "alice")
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("holdfast_http_in_hand_bytes"))
                        .mapToDouble(
                                line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                        .sum()
                > 1 << 20) {
            Thread.onSpinWait();
        }
    }

    @Test
    void itComesInGzipTooAndInMembers() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (String member : List.of(lines("packed-", 600), line("member"))) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(member.getBytes(StandardCharsets.UTF_8));
            }
        }
        HttpResponse<String> answer = gzip(packed.toByteArray());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        assertThat(json(answer).get("accepted").asInt()).isEqualTo(601);

        byte[] half = java.util.Arrays.copyOf(packed.toByteArray(), packed.size() - 20);
        assertThat(problem(gzip(half))).isEqualTo("400 invalid-request");
        assertThat(problem(gzip("plain".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("400 invalid-request");
    }

    private static HttpResponse<String> gzip(byte[] body) {
        return rig.send(
                rig.to("/v1/batches", "alice")
                        .header("Content-Type", NDJSON)
                        .header("Content-Encoding", "gzip")
                        .POST(BodyPublishers.ofByteArray(body)));
    }

    @Test
    void cutOffInTheMiddleAndSentAgainEachLineIsThereOnce() throws Exception {
        String key = "cut-" + UUID.randomUUID();
        String body = lines("cut-", 1_400);
        int cut = body.length() * 3 / 4;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            socket.getOutputStream()
                    .write(
                            (head(key, body) + body.substring(0, cut))
                                    .getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            while (batchOf(1_024) == null) {
                Thread.onSpinWait();
            }
        }
        JsonNode again = sent(body, "Idempotency-Key", key);
        JsonNode third = sent(body, "Idempotency-Key", key);

        assertThat(again.get("lines").asInt()).isEqualTo(1_400);
        assertThat(again.get("accepted").asInt()).isEqualTo(1_400);
        assertThat(third.get("id")).isEqualTo(again.get("id"));
        assertThat(third.get("accepted").asInt()).isEqualTo(1_400);
        List<JsonNode> lines =
                results(rig, again.get("id").asText(), "limit=1000&unfinished=include");
        assertThat(lines.stream().map(line -> line.at("/params/message").asText()).distinct())
                .hasSize(1_400);
    }

    private static String head(String key, String body) {
        return "POST /v1/batches HTTP/1.1\r\nHost: 127.0.0.1:"
                + rig.port
                + "\r\nConnection: close\r\nAuthorization: key-alice\r\nContent-Type: "
                + NDJSON
                + "\r\nIdempotency-Key: "
                + key
                + "\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n";
    }

    @Test
    void whoIsOvertakenByTheSameFromElsewhereIsToldTheSame() throws Exception {
        String key = "overtaken-" + UUID.randomUUID();
        String body = lines("overtaken-", 2_000);
        int cut = body.length() * 2 / 5;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            String begun = head(key, body) + body.substring(0, cut);
            socket.getOutputStream().write(begun.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            while (batchOf(512) == null) {
                Thread.onSpinWait();
            }
            JsonNode all = sent(body, "Idempotency-Key", key);
            socket.getOutputStream().write(body.substring(cut).getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            String late =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(late).startsWith("HTTP/1.1 202 ");
            assertThat(MAPPER.readTree(late.substring(late.indexOf("\r\n\r\n")))).isEqualTo(all);
            assertThat(all.get("accepted").asInt()).isEqualTo(2_000);
        }
    }

    @Test
    void whoIsOvertakenByAnotherBodyIsRefused() throws Exception {
        String key = "parted-" + UUID.randomUUID();
        String body = lines("parted-", 1_200);
        int cut = body.length() / 2;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            String begun = head(key, body) + body.substring(0, cut);
            socket.getOutputStream().write(begun.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            while (batchOf(512) == null) {
                Thread.onSpinWait();
            }
            sent(body.replace("parted-1100\"", "other\""), "Idempotency-Key", key);
            socket.getOutputStream().write(body.substring(cut).getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("idempotency-key-reused");
        }
    }

    /** A batch that has so many lines and is not all there. */
    private static JsonNode batchOf(int lines) {
        for (JsonNode batch : json(rig.get("/v1/batches", "alice")).get("batches")) {
            if (batch.get("status").asText().equals("receiving")
                    && batch.get("lines").asInt() == lines) {
                return batch;
            }
        }
        return null;
    }

    @Test
    void aKeyIsForOneBatchOnly() {
        String key = "reused-" + UUID.randomUUID();
        sent(lines("one-", 3), "Idempotency-Key", key);
        String reused = "422 idempotency-key-reused";

        assertThat(problem(send(lines("two-", 3), "Idempotency-Key", key))).isEqualTo(reused);
        assertThat(problem(send(lines("one-", 4), "Idempotency-Key", key))).isEqualTo(reused);
        assertThat(problem(send(lines("one-", 2), "Idempotency-Key", key))).isEqualTo(reused);
        String strict = "handling=strict";
        assertThat(problem(send(lines("one-", 2), "Idempotency-Key", key, "Prefer", strict)))
                .isEqualTo(reused);
        assertThat(sent(lines("one-", 3), "Idempotency-Key", key).get("accepted").asInt())
                .isEqualTo(3);
    }

    @Test
    void whatItMayHavePendingCountsLineByLine(@TempDir Path folder) throws Exception {
        try (Rig few = new Rig(folder, Rig.Figures.FREE.maxPending(3))) {
            few.engine.pause("signing", true).toCompletableFuture().join();
            HttpResponse<String> answer =
                    few.post("/v1/batches", "alice", NDJSON, lines("pending-", 5));
            JsonNode batch = json(answer);
            assertThat(batch.get("accepted").asInt()).isEqualTo(3);
            assertThat(batch.get("refused")).hasSize(2);
            assertThat(batch.at("/refused/0/line").asInt()).isEqualTo(4);
            assertThat(batch.at("/refused/0/problem/type").asText())
                    .isEqualTo("/problems/too-many-pending");
            HttpRequest.Builder strict =
                    few.to("/v1/batches", "bob")
                            .header("Content-Type", NDJSON)
                            .header("Prefer", "handling=strict")
                            .POST(BodyPublishers.ofString(lines("strict-", 5)));
            assertThat(problem(few.send(strict))).isEqualTo("429 too-many-pending");
            assertThat(json(few.get("/v1/requests", "bob")).get("requests")).isEmpty();
        }
    }

    @Test
    void aBatchHasSoManyLinesAtMost() {
        HttpResponse<String> answer = send("\n".repeat(Batches.MAX_LINES + 1));
        assertThat(problem(answer)).isEqualTo("413 content-too-large");
        String kept = answer.headers().firstValue("Location").orElseThrow();
        int lines = json(rig.get(kept, "alice")).get("lines").asInt();
        assertThat(lines).isPositive();
        assertThat(json(answer).get("detail").asText())
                .contains("Its first " + lines + " lines are kept, in " + kept);
        assertThat(sent("\n".repeat(1_000)).get("lines").asInt()).isEqualTo(1_000);
    }

    @Test
    void aLineThatIsTooLongIsRefusedAlone() {
        String body = line("before") + "x".repeat((1 << 20) + 1) + "\n" + line("after");
        JsonNode batch = sent(body);
        assertThat(batch.get("accepted").asInt()).isEqualTo(2);
        assertThat(batch.at("/refused/0/line").asInt()).isEqualTo(2);
        assertThat(batch.at("/refused/0/problem/type").asText())
                .isEqualTo("/problems/content-too-large");
    }

    @Test
    void anotherClientsBatchIsNotThere() {
        String id = sent(line("mine")).get("id").asText();
        for (String below : List.of("", "/events", "/results")) {
            String path = "/v1/batches/" + id + below;
            assertThat(rig.get(path, "bob").statusCode()).as(below).isEqualTo(404);
        }
        assertThat(rig.get("/v1/batches", "bob").body()).doesNotContain(id);
        assertThat(rig.get("/v1/batches/" + id, "ops").statusCode()).isEqualTo(200);
        assertThat(problem(rig.call("PUT", "/v1/batches", "alice")))
                .isEqualTo("405 method-not-allowed");
        assertThat(problem(rig.post("/v1/batches", "alice", "application/json", "{}")))
                .isEqualTo("415 unsupported-media-type");
        assertThat(problem(send(""))).isEqualTo("400 invalid-request");
    }

    @Test
    void aWebhookThatMayNotBeCalledIsRefused() {
        HttpResponse<String> answer =
                rig.post(
                        "/v1/batches?webhook_url=http://127.0.0.1/",
                        "alice",
                        NDJSON,
                        line("hooked"));
        assertThat(problem(answer)).isEqualTo("422 webhook-url-forbidden");
    }
}
