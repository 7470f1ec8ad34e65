package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The alert rules and the dashboard against what /metrics really exposes. */
@Timeout(60)
class OperationsFilesTest {
    private static final Path ALERTS = Path.of("../ops/alerts.yml");
    private static final Path ALERTS_TEST = Path.of("../ops/alerts.test.yml");
    private static final Path DASHBOARD = Path.of("../ops/grafana-dashboard.json");
    private static final Pattern NAME =
            Pattern.compile("\\b((?:holdfast|jvm|process|system)_[a-z_0-9]+)(?:\\{([^}]*)})?");
    private static final Pattern BY = Pattern.compile("\\b(?:by|on) \\(([^)]*)\\)");
    private static final Pattern SAMPLE = Pattern.compile("([a-z_0-9]+)(?:\\{(.*)})? \\S+");

    /** Labels of each metric. */
    private static final Map<String, Set<String>> EXPOSED = new HashMap<>();

    @BeforeAll
    static void scrape(@TempDir Path folder) throws Exception {
        String rates =
                """
                routes:
                  - path: /crypto/sign
                    upstream: synthesia
                    call: { path: /crypto/sign, query: { message: "{message}" } }
                    params: { message: { required: true } }
                  - { path: /pool, upstream: pool, call: { path: /pool } }
                rates: { feed: "ws://127.0.0.1:1", source: ecb }
                """;
        String pool =
                "  pool: { url: \"http://127.0.0.1:1\", credentials: [ { name: a, headers: { X-Key: k"
                        + " }, quota: [ { limit: 1, window: 1s } ] } ], partition: { by: \"{client}\","
                        + " metrics: [shop], quota: [ { limit: 1, window: 1s } ] } }\n";
        try (Running running = new Running(folder, null, pool, rates)) {
            String webhook = "&webhook_url=" + running.receiver();
            answered(running, "/crypto/sign?message=m" + webhook, 200);
            assertThat(running.webhooks.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(running.get("/metrics").body())
                    .contains(
                            "holdfast_requests_ended_total{end=\"succeeded\",reason=\"none\","
                                    + "route=\"/crypto/sign\"}");
            askedToBeHeld(running);
            String text;
            do {
                text = running.get("/metrics").body();
            } while (!text.contains("process_files_max_files"));
            text.lines().filter(line -> !line.startsWith("#")).forEach(OperationsFilesTest::take);
        }
    }

    /** A long poll of a request whose time has not come is counted apart. */
    private static void askedToBeHeld(Running running) throws Exception {
        String later = "/crypto/sign?message=later&not_before=86400";
        String id = new ObjectMapper().readTree(answered(running, later, 202)).path("id").asText();
        String held = "holdfast_http_held_answers_seconds_count{route=\"/v1/requests/{id}\"";
        answered(running, "/v1/requests/" + id, 200);
        assertThat(running.get("/metrics").body()).doesNotContain(held);
        answered(running, "/v1/requests/" + id, 200, "Prefer", "wait=1");
        assertThat(running.get("/metrics").body()).contains(held);
    }

    /** Asks until it is answered so: a machine that is busy says first that it is. */
    private static String answered(Running running, String path, int status, String... headers)
            throws Exception {
        HttpResponse<String> answer;
        do {
            answer = running.get(path, headers);
        } while (answer.statusCode() != status);
        return answer.body();
    }

    private static void take(String line) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        Set<String> labels = EXPOSED.computeIfAbsent(sample.group(1), _ -> new HashSet<>());
        labels.addAll(labels(sample.group(2)));
    }

    private static Set<String> labels(String text) {
        Set<String> labels = new TreeSet<>();
        Matcher label =
                Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)\"").matcher(text == null ? "" : text);
        while (label.find()) {
            labels.add(label.group(1));
        }
        return labels;
    }

    @Test
    void everyPromiseHasItsFigure() {
        assertThat(EXPOSED)
                .containsKeys(
                        "holdfast_http_answers_seconds_bucket",
                        "holdfast_upstream_slots_used",
                        "holdfast_upstream_slots_free",
                        "holdfast_upstream_queue",
                        "holdfast_upstream_wait_seconds_bucket",
                        "holdfast_upstream_calls_seconds_bucket",
                        "holdfast_deliveries_delivered_total",
                        "holdfast_asks_total",
                        "holdfast_requests_ended_total",
                        "holdfast_build_info",
                        "holdfast_store_commit_seconds_bucket",
                        "holdfast_store_batch_bucket",
                        "holdfast_store_bytes",
                        "holdfast_store_free_bytes",
                        "holdfast_rates_messages_total");
    }

    @Test
    void alertsNameOnlyWhatIsExposed() throws IOException {
        List<String> expressions = new ArrayList<>();
        collect(new Yaml().load(Files.readString(ALERTS)), expressions);

        assertThat(expressions).hasSizeGreaterThan(5).allSatisfy(OperationsFilesTest::check);
    }

    private static void collect(Object node, List<String> expressions) {
        if (node instanceof Map<?, ?> map) {
            map.forEach(
                    (key, value) -> {
                        if (key.equals("expr")) {
                            expressions.add(value.toString());
                        } else {
                            collect(value, expressions);
                        }
                    });
        } else if (node instanceof List<?> list) {
            list.forEach(item -> collect(item, expressions));
        }
    }

    @Test
    void theDashboardLoadsAndNamesOnlyWhatIsExposed() throws IOException {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(36);
        assertThat(dashboard.path("uid").asText()).matches("[a-zA-Z0-9_-]{1,40}");
        assertThat(dashboard.path("title").asText()).isNotBlank();
        Set<Integer> ids = new HashSet<>();
        int queries = 0;
        for (JsonNode panel : dashboard.path("panels")) {
            String title = panel.path("title").asText();
            assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
            JsonNode place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isBetween(1, 24);
            assertThat(panel.path("type").asText()).isIn("row", "timeseries");
            for (JsonNode target : panel.path("targets")) {
                assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
                check(target.path("expr").asText());
                queries++;
            }
        }
        assertThat(queries).isGreaterThan(30);
    }

    /** Fails unless each metric and each label that an expression names is exposed. */
    private static void check(String expression) {
        Set<String> known = new HashSet<>();
        Matcher name = NAME.matcher(expression);
        int found = 0;
        while (name.find()) {
            found++;
            assertThat(EXPOSED).as(expression).containsKey(name.group(1));
            Set<String> has = EXPOSED.get(name.group(1));
            known.addAll(has);
            assertThat(has).as(expression).containsAll(labels(name.group(2)));
        }
        assertThat(found).as(expression).isPositive();
        Matcher by = BY.matcher(expression);
        while (by.find()) {
            assertThat(known).as(expression).containsAll(List.of(by.group(1).split(", ", -1)));
        }
    }

    @Test
    void promtoolTakesTheAlerts() throws Exception {
        assertThat(promtool("check", "rules", ALERTS.toString())).contains("SUCCESS");
    }

    /** Nor does the page fire for the long polls that the documentation tells to use. */
    @Test
    void promtoolMakesEachAlertFireByWhatItIsFor() throws Exception {
        assertThat(promtool("test", "rules", ALERTS_TEST.toString())).contains("SUCCESS");
    }

    @Test
    void noAlertIsWithoutATestThatMakesItFire() throws IOException {
        Matcher fired =
                Pattern.compile("labels: 'ALERTS\\{alertname=\"(\\w+)\"")
                        .matcher(Files.readString(ALERTS_TEST));
        Set<String> tested = new TreeSet<>();
        while (fired.find()) {
            tested.add(fired.group(1));
        }
        Matcher alert = Pattern.compile("- alert: (\\w+)").matcher(Files.readString(ALERTS));
        Set<String> all = new TreeSet<>();
        while (alert.find()) {
            all.add(alert.group(1));
        }
        assertThat(all).hasSizeGreaterThan(10).isEqualTo(tested);
    }

    private static String promtool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addFirst(System.getenv().getOrDefault("HOLDFAST_PROMTOOL", "promtool"));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException notThere) {
            assumeTrue(false, "no promtool; ./test fetches one");
            throw new AssertionError(notThere);
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
