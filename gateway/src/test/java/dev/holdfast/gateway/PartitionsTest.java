package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Partitions as operators see and set them; those of the rig are clients. */
@Timeout(60)
class PartitionsTest {
    private static final String ALL = "/v1/upstreams/signing/partitions";
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
    void whatAnAdminGivesOneIsInForceAndRemembered() {
        String body =
                "{\"quota\":[{\"limit\":3,\"window_seconds\":60},{\"limit\":9,\"window_seconds\":3600.5}],\"concurrency\":2}";
        JsonNode given = json(rig.put(ALL + "/one", "ops", body));
        assertThat(given.at("/quota/0/limit").asInt()).isEqualTo(3);
        assertThat(given.at("/quota/0/taken").asInt(-1)).isZero();
        assertThat(given.at("/own/quota/1/window_seconds").asDouble()).isEqualTo(3600.5);
        assertThat(given.at("/concurrency").asInt()).isEqualTo(2);
        assertThat(given.at("/free_slots").asInt()).isEqualTo(2);
        assertThat(json(rig.get(ALL + "/one", "ops"))).isEqualTo(given);
        JsonNode act = json(rig.get("/v1/audit?limit=1", "ops")).at("/acts/0");
        assertThat(act.get("what").asText()).isEqualTo("set-partition");
        assertThat(act.get("target").asText()).isEqualTo("signing/one");

        JsonNode nothing = json(rig.put(ALL + "/one", "ops", "{}"));
        assertThat(nothing.has("own")).isFalse();
        assertThat(nothing.get("quota")).isEmpty();
    }

    @Test
    void onlyAdminsSeeAndSetThem() {
        assertThat(problem(rig.get(ALL, "alice"))).isEqualTo("403 forbidden");
        assertThat(problem(rig.get(ALL + "/alice", "alice"))).isEqualTo("403 forbidden");
        assertThat(problem(rig.put(ALL + "/alice", "alice", "{}"))).isEqualTo("403 forbidden");
    }

    @Test
    void aPausedOneKeepsWhatWaitsUntilItMayGo() {
        rig.put(ALL + "/bob", "ops", "{\"paused\":true}");
        HttpResponse<String> receipt = echo("bob");
        assertThat(receipt.statusCode()).isEqualTo(202);
        JsonNode told = json(receipt);
        assertThat(told.get("waiting_for").asText()).isEqualTo("paused");
        assertThat(told.has("estimated_seconds")).isFalse();
        JsonNode polled = json(rig.get("/v1/requests/" + told.get("id").asText(), "bob"));
        assertThat(polled.get("waiting_for").asText()).isEqualTo("paused");
        assertThat(polled.has("estimated_seconds")).isFalse();
        assertThat(echo("alice").statusCode()).isIn(200, 202);
        JsonNode paused = json(rig.get(ALL + "/bob", "ops"));
        assertThat(paused.get("state").asText()).isEqualTo("paused");
        assertThat(paused.at("/backlog/queued").asInt()).isEqualTo(1);
        assertThat(paused.has("estimated_seconds")).isFalse();
        assertThat(keys(json(rig.get(ALL + "?limit=100", "ops")))).contains("bob");

        rig.put(ALL + "/bob", "ops", "{}");
        String id = json(receipt).get("id").asText();
        String status = "queued";
        while (status.equals("queued") || status.equals("running")) {
            JsonNode now = json(rig.get("/v1/requests/" + id, "bob", "Prefer", "wait=20"));
            status = now.get("status").asText();
        }
        assertThat(status).isEqualTo("succeeded");
        assertThat(json(rig.get(ALL + "/bob", "ops")).at("/backlog/queued").asInt()).isZero();
    }

    @Test
    void aReceiptTellsOfThePartitionsOwnQuota() {
        String key = ";pk=:b3Bz:";
        assertThat(told(echo("ops"), "RateLimit-Policy")).as("there is no quota").isEmpty();
        String two =
                "{\"quota\":[{\"limit\":900,\"window_seconds\":3600},{\"limit\":200,\"window_seconds\":60}]}";
        rig.put(ALL + "/ops", "ops", two);
        HttpResponse<String> receipt = echo("ops");
        assertThat(told(receipt, "RateLimit-Policy"))
                .isEqualTo(
                        "\"signing-partition-3600s\";q=900;w=3600%s, \"signing-partition-60s\";q=200;w=60%s",
                        key, key);
        assertThat(told(receipt, "RateLimit"))
                .matches("\"signing-partition-60s\";r=(1\\d\\d|200)" + key);
        rig.put(
                ALL + "/ops",
                "ops",
                "{\"paused\":true,\"quota\":[{\"limit\":1,\"window_seconds\":9}]}");
        assertThat(told(echo("ops"), "RateLimit")).isEqualTo("\"signing-partition\";r=0" + key);
        assertThat(told(echo("bob"), "RateLimit")).isEmpty();
        rig.put(ALL + "/ops", "ops", "{}");
    }

    private static String told(HttpResponse<String> answer, String header) {
        assertThat(answer.statusCode()).isEqualTo(202);
        return answer.headers().firstValue(header).orElse("");
    }

    @Test
    void aListOfRequestsIsOfOnePartitionAndOfNoOthersThanOnesOwn() {
        String id = json(echo("alice")).get("id").asText();
        json(echo("bob"));
        for (String who : List.of("alice", "ops")) {
            JsonNode found = json(rig.get("/v1/requests?partition=alice", who)).get("requests");
            assertThat(found.findValuesAsText("id")).as(who).containsOnlyOnce(id);
            assertThat(found.findValuesAsText("client")).as(who).doesNotContain("bob");
        }
        assertThat(json(rig.get("/v1/requests?partition=alice", "bob")).get("requests")).isEmpty();
        assertThat(problem(rig.get("/v1/requests?partition=a&partition=b", "ops")))
                .isEqualTo("400 invalid-request");
    }

    private static HttpResponse<String> echo(String who) {
        return rig.send(
                rig.to("/third/echo", who)
                        .header("Content-Type", "application/json")
                        .header("Prefer", "respond-async")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\":\"m\"}")));
    }

    @Test
    void aListIsOfThoseWhoseKeysBeginAsIsAsked() {
        for (String key : List.of("begin", "begin a", "begin b", "beginning", "begun", "begi")) {
            rig.put(ALL + "/" + Rig.encoded(key), "ops", "{\"concurrency\":1}");
        }
        assertThat(keys(json(rig.get(ALL + "?prefix=begin&limit=100", "ops"))))
                .containsExactly("begin", "begin a", "begin b", "beginning");
        JsonNode first = json(rig.get(ALL + "?prefix=begin&limit=3", "ops"));
        assertThat(keys(first)).containsExactly("begin", "begin a", "begin b");
        String next = first.get("next_cursor").asText();
        JsonNode rest = json(rig.get(ALL + "?prefix=begin&limit=3&cursor=" + next, "ops"));
        assertThat(keys(rest)).containsExactly("beginning");
        assertThat(rest.has("next_cursor")).isFalse();
        assertThat(keys(json(rig.get(ALL + "?prefix=begin%20&limit=1", "ops"))))
                .containsExactly("begin a");
        assertThat(problem(rig.get(ALL + "?prefix=%00", "ops"))).isEqualTo("400 invalid-request");
    }

    @Test
    void aListHasEachOnceAPageAfterTheOther() {
        List<String> given =
                List.of("page 0", "page 1", "page/2", "page\u00fc", "page\ud83d\ude00");
        for (String key : given) {
            rig.put(ALL + "/" + Rig.encoded(key), "ops", "{\"concurrency\":1}");
        }
        List<String> seen = new ArrayList<>();
        String query = "?limit=2";
        while (query != null) {
            JsonNode page = json(rig.get(ALL + query, "ops"));
            seen.addAll(keys(page));
            JsonNode next = page.get("next_cursor");
            query = next == null ? null : "?limit=2&cursor=" + next.asText();
        }
        assertThat(seen).doesNotHaveDuplicates().containsSubsequence(given);
        assertThat(problem(rig.get(ALL + "?cursor=%21", "ops"))).isEqualTo("400 invalid-request");
        for (String wrong : List.of("page 0", "-1 page 0", "x page 0", "0", "0 ", "01 page 0")) {
            String cursor =
                    Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(wrong.getBytes(StandardCharsets.UTF_8));
            assertThat(problem(rig.get(ALL + "?cursor=" + cursor, "ops")))
                    .as(wrong)
                    .isEqualTo("400 invalid-request");
        }
        assertThat(problem(rig.get(ALL + "?limit=101", "ops"))).isEqualTo("400 invalid-request");
    }

    private static List<String> keys(JsonNode page) {
        List<String> keys = new ArrayList<>();
        page.get("partitions").forEach(each -> keys.add(each.get("key").asText()));
        return keys;
    }

    @Test
    void whatIsNoKeyOrNoUpstreamIsToldSo() {
        assertThat(problem(rig.get("/v1/upstreams/none/partitions", "ops")))
                .isEqualTo("404 not-found");
        assertThat(problem(rig.get("/v1/upstreams/none/partitions/a", "ops")))
                .isEqualTo("404 not-found");
        assertThat(problem(rig.get(ALL + "/" + "x".repeat(257), "ops")))
                .isEqualTo("400 invalid-request");
        assertThat(problem(rig.put(ALL + "/a%0Ab", "ops", "{}"))).isEqualTo("400 invalid-request");
        assertThat(problem(rig.get(ALL + "/a%FFb", "ops"))).isEqualTo("400 invalid-request");
        assertThat(json(rig.get(ALL + "/" + "x".repeat(256), "ops")).get("state").asText())
                .isEqualTo("open");
    }

    @Test
    void whatSaysWhoCallsIsTakenAndShownToNobody() {
        String body =
                "{\"headers\":{\"Authorization\":\"Bearer s3cret\",\"x-team\":\"s3cret, too\"}}";
        HttpResponse<String> given = rig.put(ALL + "/secret", "ops", body);
        assertThat(json(given).at("/own/headers").toString())
                .isEqualTo("{\"authorization\":\"***\",\"x-team\":\"***\"}");
        for (String place :
                List.of(ALL + "/secret", ALL + "?limit=100", "/v1/audit?limit=5", "/metrics")) {
            assertThat(rig.get(place, "ops").body()).as(place).doesNotContain("s3cret");
        }
        assertThat(given.body()).doesNotContain("s3cret");
        assertThat(json(rig.put(ALL + "/secret", "ops", "{}")).has("own")).isFalse();
    }

    @Test
    void aPauseLeavesWhatOneHasOfItsOwnAndIsRemembered() {
        String one = ALL + "/acme%2Feu";
        rig.put(one, "ops", "{\"concurrency\":3,\"headers\":{\"authorization\":\"s3cret\"}}");
        JsonNode paused = json(rig.call("POST", one + "/pause", "ops"));
        assertThat(paused.get("state").asText()).isEqualTo("paused");
        assertThat(paused.get("own").toString())
                .isEqualTo(
                        "{\"concurrency\":3,\"paused\":true,\"headers\":{\"authorization\":\"***\"}}");
        JsonNode acts = json(rig.get("/v1/audit?limit=1", "ops")).get("acts");
        assertThat(acts.at("/0/what").asText()).isEqualTo("pause-partition");
        assertThat(acts.at("/0/target").asText()).isEqualTo("signing/acme/eu");
        JsonNode resumed = json(rig.call("POST", one + "/resume", "ops"));
        assertThat(resumed.get("state").asText()).isEqualTo("open");
        assertThat(resumed.get("own").toString())
                .isEqualTo("{\"concurrency\":3,\"headers\":{\"authorization\":\"***\"}}");
        assertThat(json(rig.get(one, "ops"))).isEqualTo(resumed);
        for (String act : List.of("/pause", "/resume")) {
            assertThat(problem(rig.call("POST", one + act, "alice"))).isEqualTo("403 forbidden");
            assertThat(problem(rig.call("POST", "/v1/upstreams/nobody/partitions/a" + act, "ops")))
                    .isEqualTo("404 not-found");
        }
        rig.put(one, "ops", "{}");
    }

    @Test
    void whatCannotBeSentIsRefusedWithoutASecret() {
        for (String header :
                List.of(
                        "\"authorization\":\"s3cret\\nx\"",
                        "\"authorization\":\"s3cr\u00e9t\"",
                        "\"authorization\":\" s3cret\"",
                        "\"authorization\":\"\"",
                        "\"authorization\":\"***\"",
                        "\"authorization\":[\"s3cret\"]",
                        "\"authorization\":\"" + "s3cret".repeat(700) + "\"",
                        "\"s3cret \":\"x\"",
                        "\"Host\":\"s3cret\"",
                        "\"content-length\":\"5\"",
                        "\"a\":\"s3cret\",\"A\":\"s3cret\"",
                        IntStream.range(0, 11)
                                .mapToObj(i -> "\"x-" + i + "\":\"s3cret\"")
                                .collect(Collectors.joining(",")))) {
            HttpResponse<String> wrong =
                    rig.put(ALL + "/refused", "ops", "{\"headers\":{" + header + "}}");
            assertThat(problem(wrong)).as(header).isEqualTo("400 invalid-request");
            assertThat(wrong.body()).doesNotContain("s3cr");
            assertThat(wrong.body()).contains("headers");
        }
        assertThat(json(rig.get(ALL + "/refused", "ops")).has("own")).isFalse();
    }

    @Test
    void allThatIsWrongOfABodyIsToldAtOnce() {
        HttpResponse<String> wrong =
                rig.put(
                        ALL + "/wrong",
                        "ops",
                        "{\"quota\":[{\"limit\":0,\"window_seconds\":60,\"more\":1},7,{\"limit\":1,\"window_seconds\":1e9,\"unit\":\"tokens\"}],"
                                + "\"concurrency\":10001,\"paused\":\"yes\",\"headers\":7}");
        assertThat(problem(wrong)).isEqualTo("400 invalid-request");
        List<String> fields = new ArrayList<>();
        json(wrong).get("errors").forEach(each -> fields.add(each.get("field").asText()));
        assertThat(fields)
                .contains(
                        "quota[0].limit",
                        "quota[0].more",
                        "quota[1]",
                        "quota[2].window_seconds",
                        "quota[2].unit",
                        "concurrency",
                        "paused",
                        "headers");
        for (String body : List.of("[]", "{\"quota\":{}}", "{\"quota\":[[]]}", "{\"quota\":[1")) {
            assertThat(problem(rig.put(ALL + "/wrong", "ops", body)))
                    .as(body)
                    .isEqualTo("400 invalid-request");
        }
        assertThat(json(rig.get(ALL + "/wrong", "ops")).has("own")).isFalse();
    }
}
