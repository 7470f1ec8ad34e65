package dev.holdfast.app.config;

import static dev.holdfast.app.config.ReadingConfigurations.KEY;
import static dev.holdfast.app.config.ReadingConfigurations.read;
import static dev.holdfast.app.config.ReadingConfigurations.settings;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.yaml.Units;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.outbound.CallBody;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.StoreOptions.Retention;
import dev.holdfast.wire.BasePath;
import java.math.RoundingMode;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
    /** The example of the contract, word for word but for its comments. */
    private static final String CONTRACT =
            """
            server:
              host: 127.0.0.1
              port: 8000
              answer-within: 1800ms
            store:
              url: sqlite:data/holdfast.db
            upstreams:
              synthesia:
                url: https://hiring.api.synthesia.io
                headers: { Authorization: "${SYNTHESIA_API_KEY}" }
                quota: [ { limit: 10, window: 60s } ]
                concurrency: 10
                timeout: 30s
                verify-tls: true
                retry: { backoff: learned, first: 5s, max: 60s, jitter: 0.2, max-attempts: 0, give-up-after: 24h }
            routes:
              - path: /crypto/sign
                methods: [GET, POST]
                upstream: synthesia
                call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                params: { message: { required: true, max-bytes: 4096 } }
                done-on: [200]
                repeatable: true
                result: { field: signature, from: text }
                cache: { ttl: 30d, max-entries: 1000000 }
              - path: /crypto/verify
                methods: [GET, POST]
                upstream: synthesia
                call: { method: GET, path: /crypto/verify, query: { message: "{message}", signature: "{signature}" } }
                params: { message: { required: true, max-bytes: 4096 }, signature: { required: true, max-bytes: 4096 } }
                done-on: [200, 400]
                result: { field: valid, from: status, values: { 200: true, 400: false } }
                cache: { ttl: 30d, max-entries: 100000 }
            webhooks:
              timeout: 15s
              schedule: [0s, 5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h]
              allow-networks: []
            rates:
              feed: ${CURRENCY_ASSIGNMENT_WS_URI:}
              source: freecurrencyapi
              url: https://api.freecurrencyapi.com
              api-key: ${FREECURRENCY_API_KEY:}
              quota: [ { limit: 10, window: 60s } ]
              target: EUR
              cache: 2h
              scale: 5
              rounding: DOWN
              verify-tls: ${VERIFY_SSL:true}
            """;

    @Test
    void theContractsExampleIsTheDefault() {
        Settings defaults = settings("");

        assertThat(settings(CONTRACT)).isEqualTo(defaults);
        assertThat(defaults.server())
                .isEqualTo(
                        new ServerSettings(
                                "127.0.0.1",
                                8000,
                                null,
                                Duration.ofMillis(1800),
                                1_000_000,
                                Duration.ZERO,
                                BasePath.NONE,
                                new ListenSettings(
                                        25_000,
                                        null,
                                        List.of(),
                                        Duration.ofSeconds(75),
                                        Duration.ofSeconds(10),
                                        Duration.ofSeconds(10),
                                        null,
                                        null)));
        assertThat(defaults.store())
                .isEqualTo(new StoreSettings("sqlite:data/holdfast.db", Duration.ofDays(7)));
        assertThat(defaults.clients()).isEmpty();
        assertThat(defaults.upstreams().get("synthesia").headers())
                .isEqualTo(Map.of("Authorization", "upstream-secret"));
        assertThat(defaults.upstreams().get("synthesia").quota().calls())
                .isEqualTo(List.of(new Window(10, Duration.ofSeconds(60))));
        assertThat(defaults.upstreams().get("synthesia").retry())
                .isEqualTo(
                        new RetryPolicy(
                                RetryPolicy.Backoff.LEARNED,
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(60),
                                0.2,
                                0,
                                Duration.ofHours(24)));
        assertThat(defaults.webhooks().schedule()).hasSize(10).contains(Duration.ofMinutes(30));
        assertThat(defaults.rates().feed()).isNull();
        assertThat(defaults.rates().rounding()).isEqualTo(RoundingMode.DOWN);
    }

    @Test
    void theVerifyRouteTakes400AsAResult() {
        RouteSettings verify = settings("").routes().get(1);

        assertThat(verify.statuses()).isEqualTo(StatusRules.of(Set.of(200, 400)));
        assertThat(verify.repeatable()).isTrue();
        assertThat(verify.result())
                .isEqualTo(
                        new ResultShape(
                                "valid",
                                ResultShape.From.STATUS,
                                Map.of(200, "true", 400, "false")));
    }

    @Test
    void anEmptyVariableCountsAsNotSet() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("HOLDFAST_SERVER_PORT", "");
        environment.put("HOLDFAST_UPSTREAMS_SYNTHESIA_URL", "");
        environment.put("HOLDFAST_WEBHOOKS_SCHEDULE", "");
        environment.put("HOLDFAST_CLIENTS_0_NAME", "");
        environment.put("HOLDFAST_CLIENTS_0_KEY", "");

        Settings settings = read("server: { port: 8001 }", environment).settings();

        assertThat(settings.server().port()).isEqualTo(8001);
        assertThat(settings.upstreams()).isEqualTo(settings("").upstreams());
        assertThat(settings.webhooks()).isEqualTo(settings("").webhooks());
        assertThat(settings.clients()).isEmpty();
    }

    @Test
    void theEnvironmentOverridesKeysInSectionsMapsAndLists() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("HOLDFAST_SERVER_PORT", "9001");
        environment.put("HOLDFAST_SERVER_ANSWER_WITHIN", "500ms");
        environment.put("HOLDFAST_UPSTREAMS_SYNTHESIA_URL", "http://127.0.0.1:9100");
        environment.put("HOLDFAST_UPSTREAMS_SYNTHESIA_QUOTA_0_LIMIT", "20");
        environment.put("HOLDFAST_UPSTREAMS_SYNTHESIA_HEADERS_AUTHORIZATION", "other");
        environment.put("HOLDFAST_WEBHOOKS_ALLOW_NETWORKS", "127.0.0.0/8, ::1/128");
        environment.put("HOLDFAST_CLIENTS_0_NAME", "shop");
        environment.put("HOLDFAST_CLIENTS_0_KEY", "0123456789abcdef");
        environment.put("HOLDFAST_ROUTES_0_CACHE_TTL", "1h");

        Settings settings = read("server: { port: 8001 }", environment).settings();

        assertThat(settings.server().port()).isEqualTo(9001);
        assertThat(settings.server().answerWithin()).isEqualTo(Duration.ofMillis(500));
        UpstreamSettings upstream = settings.upstreams().get("synthesia");
        assertThat(upstream.url()).isEqualTo(URI.create("http://127.0.0.1:9100"));
        assertThat(upstream.quota().calls())
                .isEqualTo(List.of(new Window(20, Duration.ofSeconds(60))));
        assertThat(upstream.headers()).isEqualTo(Map.of("Authorization", "other"));
        assertThat(settings.webhooks().allowNetworks()).containsExactly("127.0.0.0/8", "::1/128");
        assertThat(settings.clients())
                .containsExactly(
                        new ClientSettings(
                                "shop",
                                "0123456789abcdef",
                                false,
                                100_000,
                                1,
                                "environment variable HOLDFAST_CLIENTS_0_NAME"));
        assertThat(settings.routes().getFirst().cache().ttl()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void theRetentionMayBeGivenByEnd() {
        Retention plain = read("store: { retention: 2d }", KEY).settings().store().retention();
        assertThat(plain).isEqualTo(Retention.same(Duration.ofDays(2)));

        String byEnd = "store: { retention: { succeeded: 2d, failed: 30d } }";
        Duration week = Duration.ofDays(7);
        assertThat(read(byEnd, KEY).settings().store().retention())
                .isEqualTo(new Retention(Duration.ofDays(2), Duration.ofDays(30), week, week));

        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("HOLDFAST_STORE_RETENTION_FAILED", "30d");
        assertThat(read("", environment).settings().store().retention())
                .isEqualTo(new Retention(week, Duration.ofDays(30), week, week));
    }

    @Test
    void anUpstreamCanComeFromTheEnvironmentAlone() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("HOLDFAST_UPSTREAMS_MAIL_URL", "https://mail.example");

        Settings settings = read("", environment).settings();

        assertThat(settings.upstreams().get("mail").url())
                .isEqualTo(URI.create("https://mail.example"));
    }

    @Test
    void variablesAreReplacedInsideValuesWithDefaults() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("DB_HOST", "db.example");
        environment.put("EMPTY", "");

        Settings settings =
                read(
                                """
                                store:
                                  url: postgresql://holdfast:${DB_PASSWORD:pw}@${DB_HOST}:5432/${EMPTY:holdfast}
                                """,
                                environment)
                        .settings();

        assertThat(settings.store().url())
                .isEqualTo("postgresql://holdfast:pw@db.example:5432/holdfast");
    }

    @Test
    void anEnvFileIsReadAsShellsReadIt() {
        assertThat(
                        Variables.parseEnvFile(
                                """
                                # comment
                                A=1
                                export B = two words # a comment
                                C="quoted # not a comment"
                                D='single'

                                not a line
                                E=
                                """))
                .isEqualTo(
                        Map.of(
                                "A", "1",
                                "B", "two words",
                                "C", "quoted # not a comment",
                                "D", "single",
                                "E", ""));
    }

    @Test
    void routesInAFileReplaceTheBuiltInOnesAndTheirUpstreamGoesWithThem() {
        Settings settings =
                read(
                                """
                                upstreams:
                                  greeter: { url: "https://greeter.example/api", quota: [] }
                                routes:
                                  - path: /greet
                                    methods: POST
                                    upstream: greeter
                                    call:
                                      method: POST
                                      path: /v2/greet
                                      json: { name: "{name}", times: {times}, tags: [a, "1", 2] }
                                    params: { name: {}, times: { required: false } }
                                    result: { field: greeting, from: json }
                                """,
                                Map.of())
                        .settings();

        assertThat(settings.upstreams().keySet()).containsExactly("greeter");
        RouteSettings route = settings.routes().getFirst();
        assertThat(route.call().body())
                .isEqualTo(
                        new CallBody.Json(
                                "{\"name\":\"{name}\",\"times\":{times},\"tags\":[\"a\",\"1\",2]}"));
        assertThat(route.repeatable()).isFalse();
        assertThat(route.methods()).isEqualTo(Set.of("POST"));
    }

    @Test
    void aBuiltInUpstreamKeepsItsQuotaWhenOnlyItsUrlIsGiven() {
        UpstreamSettings upstream =
                settings("upstreams: { synthesia: { url: 'http://127.0.0.1:9' } }")
                        .upstreams()
                        .get("synthesia");

        assertThat(upstream.url()).isEqualTo(URI.create("http://127.0.0.1:9"));
        assertThat(upstream.quota().calls())
                .isEqualTo(List.of(new Window(10, Duration.ofSeconds(60))));
    }

    @Test
    void aBuiltInUpstreamStaysForRoutesThatUseIt() {
        Settings settings =
                settings(
                        """
                        routes:
                          - path: /sign
                            upstream: synthesia
                            call: { path: /crypto/sign, query: { message: "{message}" } }
                            params: { message: {} }
                        """);

        assertThat(settings.upstreams().keySet()).containsExactly("synthesia");
        assertThat(settings.routes()).hasSize(1);
    }

    @Test
    void theConvertersEnvironmentNamesWorkByDefault() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("CURRENCY_ASSIGNMENT_WS_URI", "wss://feed.example");
        environment.put("FREECURRENCY_API_KEY", "k");
        environment.put("VERIFY_SSL", "False");

        RatesSettings rates = read("", environment).settings().rates();

        assertThat(rates.feed()).isEqualTo(URI.create("wss://feed.example"));
        assertThat(rates.apiKey()).isEqualTo("k");
        assertThat(rates.verifyTls()).isFalse();
        assertThat(rates.url()).isEqualTo(URI.create("https://api.freecurrencyapi.com"));
    }

    @Test
    void durationsAndSizesAreReadInEveryUnit() {
        assertThat(Units.duration("PT5M")).contains(Duration.ofMinutes(5));
        assertThat(Units.duration("30d")).contains(Duration.ofDays(30));
        assertThat(Units.duration("0")).contains(Duration.ZERO);
        assertThat(Units.duration("5")).isEmpty();
        assertThat(Units.duration("-5s")).isEmpty();
        assertThat(Units.duration("999999999999999d")).isEmpty();
        assertThat(Units.bytes("64KiB")).contains(65_536L);
        assertThat(Units.bytes("1MB")).contains(1_000_000L);
        assertThat(Units.bytes("1XB")).isEmpty();
    }
}
