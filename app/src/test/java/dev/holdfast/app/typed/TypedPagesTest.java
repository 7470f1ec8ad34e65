package dev.holdfast.app.typed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.ClientKey;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import dev.holdfast.simulator.upstream.ApiKeyPair;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import dev.holdfast.store.sqlite.SqliteClients;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Types what README, docs/api.md, docs/operations.md and docs/converter.md say to type, at a
 * gateway in a process of its own before a simulated signing API, and looks whether what the page
 * says comes of it. The gateway is the one that README's own lines start.
 */
@Timeout(600)
class TypedPagesTest {
    private static final long SEED = 1;
    private static final String UPSTREAM_KEY = "upstream-key-0123456789";
    private static final int KEY_ID_CHARS = 8;
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

    /** What a page leaves out of a configuration that is about something else. */
    private static final String UPSTREAM =
            "upstreams: { openai: { url: \"http://127.0.0.1:9\" } }\n";

    private static final String ROUTES =
            "routes: [ { path: /chat, upstream: openai, call: { path: /chat } } ]";

    /** A block that is typed here, by words that no other of its page has. */
    private enum Typed {
        SERVE("README.md", "export SYNTHESIA_API_KEY"),
        CLIENT("docs/api.md", "keys create docs"),
        WEBHOOKS("docs/api.md", "webhooks/test"),
        KEYS("docs/operations.md", "keys revoke shop"),
        BACKUP("docs/operations.md", "holdfast backup /safe"),
        CONVERTER("docs/converter.md", "export CURRENCY_ASSIGNMENT_WS_URI"),
        SIMULATED("docs/converter.md", "simulate feed");

        private final String page;
        private final String words;

        Typed(String page, String words) {
            this.page = page;
            this.words = words;
        }

        String block() throws IOException {
            return Page.of(page).typed(words);
        }
    }

    /**
     * What begins a line that is tried elsewhere: tests by {@code DocumentedCommandsTest} and by
     * being run, what CI does by CI, measurements by their own parser, images by
     * packaging/containers, packages by packaging/release, the demo by {@code DemoTest}.
     */
    private static final Pattern ELSEWHERE =
            Pattern.compile(
                    "(?:\\./)?(?:mvnw|test|\\.ci/\\w+|packaging/\\w+|holdfast (?:bench|demo)|docker"
                            + "|cp .env.example|pin\\(\\)).*");

    @TempDir static Path base;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Vertx vertx;
    private static SimulatedUpstream upstream;
    private static Desk desk;

    /** What README's lines printed. */
    private static String readme;

    @BeforeAll
    static void startsAsReadmeSays() throws Exception {
        vertx = Vertx.vertx();
        upstream =
                new SimulatedUpstream(
                                vertx, SimulatedUpstream.Options.unlimited(SEED).key(UPSTREAM_KEY))
                        .start();
        desk =
                new Desk(base)
                        .instead("SYNTHESIA_API_KEY=…", "SYNTHESIA_API_KEY=" + UPSTREAM_KEY)
                        .with("HOLDFAST_UPSTREAMS_SYNTHESIA_URL", upstream.uri().toString());
        readme = desk.typed(Typed.SERVE.block());
        String asks =
                Typed.SERVE
                        .block()
                        .lines()
                        .filter(line -> line.startsWith("curl"))
                        .collect(Collectors.joining("\n"));
        while (readme.contains("\"status\":503")) { // nothing was promised: on a busy machine
            readme = desk.typed(asks);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        desk.close();
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static HttpResponse<String> get(String path, String key, String... headers)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create(desk.gateway() + path));
        request.header("Authorization", "Bearer " + key);
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> answer;
        do {
            answer = HTTP.send(request.build(), BodyHandlers.ofString());
        } while (answer.statusCode() == 503);
        return answer;
    }

    @Test
    void readmesGatewaySignsOrGivesAReceiptAndTellsWhenItIsDone() throws Exception {
        List<JsonNode> answers = new ArrayList<>();
        JSON.readerFor(JsonNode.class).<JsonNode>readValues(readme).forEachRemaining(answers::add);

        assertThat(answers).hasSize(2);
        for (JsonNode answer : answers) {
            String id = answer.path("id").asText();
            if (answer.path("status").asText().equals("succeeded")) {
                assertThat(signed(answer.path("signature").asText())).isTrue();
            } else {
                assertThat(answer.at("/links/self").asText()).isEqualTo("/v1/requests/" + id);
            }
        }
        JsonNode webhook =
                JSON.readTree(
                        desk.told("request.succeeded", answers.getLast().path("id").asText())
                                .body());
        assertThat(signed(webhook.at("/data/result/signature").asText())).isTrue();
        assertThat(desk.log()).contains("listening on " + desk.gateway());
    }

    private static boolean signed(String signature) {
        return ApiKeyPair.seeded(SEED).verifies("hello", signature);
    }

    @Test
    void apisKeyOpensTheGatewayAndItsWebhookIsTriedRedeliveredAndSignedAnew() throws Exception {
        String asks =
                """
                says() { curl -s -o /dev/null -w '%{http_code}' "$HOLDFAST_URL/v1/upstreams" "$@"; }
                until [ "$(says) $(says -H "X-Api-Key: $HOLDFAST_KEY")" = '401 200' ]; do sleep 0.05; done
                curl -sS --retry 99 "$HOLDFAST_URL/crypto/sign" -H "Authorization: Bearer $HOLDFAST_KEY" -d message=a -d webhook_url=https://example.com/told >/dev/null
                list() { curl -sS --retry 99 "$HOLDFAST_URL/v1/deliveries?status=delivered" -H "Authorization: Bearer $HOLDFAST_KEY"; }
                until list | grep -q '"id":"'; do sleep 0.1; done
                id="$(list | grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4)"
                echo "$id"
                secret() { curl -sS --fail --retry 99 "$HOLDFAST_URL/v1/webhook-secret" -H "Authorization: Bearer $HOLDFAST_KEY"; }
                secret
                """;
        String out =
                desk.typed(
                        Typed.CLIENT.block()
                                + asks
                                + Typed.WEBHOOKS
                                        .block()
                                        .replace("curl ", "curl --fail --retry 99 -sS ")
                                + "secret\n");

        String id = out.substring(0, out.indexOf('\n'));
        List<JsonNode> answers = new ArrayList<>();
        JSON.readerFor(JsonNode.class)
                .<JsonNode>readValues(out.substring(id.length()))
                .forEachRemaining(answers::add);
        assertThat(answers).hasSize(5);
        JsonNode before = answers.getFirst();
        assertThat(desk.told("test", "").signature()).startsWith("v1");
        assertThat(answers.get(1).path("status").asInt()).as("the test").isEqualTo(204);
        assertThat(answers.get(2).path("id").asText()).as("redelivered").isEqualTo(id);
        assertThat(answers.get(3).path("secret")).as("rotated").isNotEqualTo(before.get("secret"));
        assertThat(answers.getLast().path("secret")).isEqualTo(answers.get(3).path("secret"));
    }

    @Test
    void operationsKeysAreRenewedAndTheOldOneEndsWithinSeconds() throws Exception {
        String old = desk.typed("holdfast keys create shop").strip();
        untilItOpens(old);
        String oldId = ClientKey.hash(old).substring(0, KEY_ID_CHARS);

        List<String> said =
                desk.instead("1a2b3c4d", oldId).typed(Typed.KEYS.block()).lines().toList();
        String fresh = said.getFirst();

        assertThat(said).anyMatch(line -> line.startsWith("shop ") && line.contains(oldId));
        untilItOpens(fresh);
        while (get("/v1/upstreams", old).statusCode() != 401) {
            Thread.onSpinWait();
        }
        assertThat(get("/v1/upstreams", fresh).statusCode()).isEqualTo(200);
    }

    /** A running gateway knows a new key within a second, or as soon as a busy machine lets it. */
    private static void untilItOpens(String key) throws Exception {
        while (get("/v1/upstreams", key).statusCode() != 200) {
            Thread.onSpinWait();
        }
    }

    @Test
    void operationsBackupOfARunningGatewayIsRestoredElsewhere() throws Exception {
        Path safe = Files.createDirectories(base.resolve("safe"));
        String[] lines = Typed.BACKUP.block().split("\n");
        String elsewhere =
                """
                mkdir elsewhere && cd elsewhere && exec 2>&1
                holdfast keys create other >/dev/null
                """;

        String out =
                desk.instead("/safe/", safe + "/").typed(lines[0] + "\n" + elsewhere + lines[1]);

        assertThat(lines).hasSize(2);
        assertThat(safe.resolve("holdfast-monday.db")).exists();
        assertThat(out).contains("before-restore");
        try (SqliteClients there =
                        SqliteClients.open(desk.folder().resolve("elsewhere/data/holdfast.db"));
                SqliteClients here =
                        SqliteClients.open(desk.folder().resolve("data/holdfast.db"))) {
            assertThat(there.names()).doesNotContainValue("other");
            assertThat(here.names().values()).containsAll(there.names().values());
        }
    }

    @Test
    void convertersProgramsAnswerTheFeedAndWhatThePageAsks() throws Exception {
        ReferenceRates history = ReferenceRates.load();
        try (Desk other = new Desk(base.resolve("converter"));
                var rates =
                        new SimulatedRates(
                                        vertx,
                                        SimulatedRates.Options.recorded(history),
                                        InstantSource.system())
                                .start();
                var feed =
                        new SimulatedFeed(
                                        vertx,
                                        SimulatedFeed.Options.captured(history, SEED, 10),
                                        InstantSource.system())
                                .start()) {
            other.instead("wss://feed.example.com", feed.uri().toString())
                    .instead("API_KEY=…", "API_KEY=any")
                    .with("HOLDFAST_RATES_URL", rates.uri().toString())
                    .with("SYNTHESIA_API_KEY", UPSTREAM_KEY)
                    .typed(Typed.CONVERTER.block());

            while (feed.stats().getLong("converted", 0L) == 0) {
                Thread.onSpinWait();
            }
            Page page = Page.of("docs/converter.md");
            String path = page.text().replaceFirst("(?s).*`GET (/v1/convert[^`]+)`.*", "$1");
            JsonNode said = JSON.readTree(page.blocks("json").getFirst());
            JsonNode answer;
            do {
                answer =
                        JSON.readTree(
                                HTTP.send(
                                                HttpRequest.newBuilder(
                                                                URI.create(other.gateway() + path))
                                                        .build(),
                                                BodyHandlers.ofString())
                                        .body());
            } while (answer.path("status").asInt() == 503);
            assertThat(answer).isEqualTo(said);
            assertThat(feed.stats().getLong("wrong", 0L)).isZero();
        }
    }

    @Test
    void convertersSimulatedFeedEndsWithAVerdictInWhichNoAnswerIsWrong() throws Exception {
        try (Desk other = new Desk(base.resolve("simulated"))) {
            String out =
                    other.instead("8102", Integer.toString(Desk.freePort()))
                            .instead("8103", Integer.toString(Desk.freePort()))
                            .instead("60s", "3s")
                            .typed(
                                    Typed.SIMULATED.block()
                                            + """
                                            programs=($(jobs -p))
                                            wait "${programs[1]}" || true # not late on any machine
                                            kill "${programs[0]}"
                                            """);

            assertThat(out).containsPattern("\"converted\":[1-9]").contains("\"wrong\":0");
        }
    }

    @Test
    void eachConfigurationThatOperationsShowsIsOne() throws Exception {
        List<String> shown = Page.of("docs/operations.md").blocks("yaml");
        for (String yaml : shown) {
            Map<String, String> variables = new HashMap<>();
            VARIABLE.matcher(yaml).results().forEach(one -> variables.put(one.group(1), "given"));
            Configuration.parse(
                    "operations.md",
                    yaml + (yaml.contains("upstreams:") ? "" : UPSTREAM) + ROUTES,
                    Variables.of(variables),
                    Purpose.GATEWAY,
                    store -> false);
        }
        assertThat(shown).hasSize(2);
    }

    @Test
    void eachBlockIsTypedHereOrTriedElsewhere() throws IOException {
        List<String> here = new ArrayList<>();
        for (Typed typed : Typed.values()) {
            here.add(typed.block());
        }
        List<String> nowhere =
                Page.all().stream()
                        .flatMap(page -> page.typed().stream())
                        .filter(block -> !here.contains(block))
                        .flatMap(block -> Stream.of(block.split("\n")))
                        .filter(line -> !line.isBlank() && !line.startsWith(" "))
                        .filter(line -> !ELSEWHERE.matcher(line).matches())
                        .toList();
        assertThat(nowhere).isEmpty();
    }
}
