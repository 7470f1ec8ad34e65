package dev.holdfast.app.config;

import static dev.holdfast.app.config.ReadingConfigurations.KEY;
import static dev.holdfast.app.config.ReadingConfigurations.mistakes;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.engine.RequestView;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.wire.RequestJson;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MistakesTest {

    @Test
    void mistakesOfRoutesThatPassRequestsOnSayWhatToDo() {
        List<String> mistakes =
                mistakes(
                        """
                        upstreams:
                          api: { url: https://api.example }
                        routes:
                          - path: /a/{x}
                            upstream: api
                            pass: { headers: [Authorization], path: "/{y}" }
                          - { path: "/a/{rest...}", upstream: api, pass: { answer-headers: [set-cookie] } }
                          - { path: "/v1/{rest...}", upstream: api, pass: { body: 65MiB } }
                          - { path: "/b/{x...}/c", upstream: api, pass: { query: true } }
                          - { path: /d, upstream: api, pass: { query: true }, call: { path: /d } }
                          - { path: "/f/{x}/g", methods: [OPTIONS], upstream: api, pass: { query: true } }
                          - { path: "/f/{y}/h", upstream: api, pass: { query: true } }
                        """);

        assertThat(mistakes)
                .extracting(line -> line.replaceAll("^holdfast.yaml:", ""))
                .satisfiesExactly(
                        line -> assertThat(line).contains("6: routes[0].pass.path", "`{y}`"),
                        line -> assertThat(line).contains("6: routes[0].pass.headers", "never"),
                        line -> assertThat(line).contains("7: routes[1].pass.answer", "never"),
                        line -> assertThat(line).contains("7: routes[1].path", "both take"),
                        line -> assertThat(line).contains("8: routes[2].path", "Holdfast's own"),
                        line -> assertThat(line).contains("8: routes[2].pass.body"),
                        line -> assertThat(line).contains("9: routes[3].path", "before its end"),
                        line -> assertThat(line).contains("10: routes[4].pass", "`call` or `pass`"),
                        line -> assertThat(line).contains("11: routes[5].methods"));
    }

    @Test
    void mistakesOfCostsSayWhatToDo() {
        List<String> mistakes =
                mistakes(
                        """
                        upstreams:
                          api:
                            url: https://api.example
                            quota: [ { limit: 9, window: 1m, unit: Tokens }, { limit: 9, window: 1m, unit: points } ]
                        routes:
                          - path: /a
                            upstream: api
                            call: { path: /a }
                            cost: { tokens: { reserve: { json: max, default: 1 } } }
                          - path: /b
                            upstream: api
                            call: { path: /b }
                            cost: { points: { reserve: { default: 10 }, actual: usage } }
                        """);

        assertThat(mistakes)
                .extracting(line -> line.replaceAll("^holdfast.yaml:", ""))
                .satisfiesExactly(
                        line -> assertThat(line).contains("4: upstreams.api.quota[0].unit"),
                        line -> assertThat(line).contains("9:", "reserve.json", "begins with /"),
                        line -> assertThat(line).contains("9: routes[0].cost", "there: points"),
                        line -> assertThat(line).contains("13:", "actual", "begins with /"),
                        line -> assertThat(line).contains("13:", "reserve.default", "no call"));
    }

    @Test
    void mistakesOfPartitionsSayWhatToDo() {
        List<String> mistakes =
                mistakes(
                        """
                        upstreams:
                          one:
                            url: https://api.example
                            partition: { by: tenant, order: random }
                          two:
                            url: https://api.example
                            partition: { by: "{client}/{model}", quota: [ { limit: 0, window: 1m } ] }
                          three:
                            url: https://api.example
                            partition: { order: fifo }
                        routes:
                          - path: /a
                            upstream: two
                            call: { path: /a }
                            params: { message: {} }
                        """);

        assertThat(mistakes)
                .extracting(line -> line.replaceAll("^holdfast.yaml:", ""))
                .satisfiesExactly(
                        line -> assertThat(line).contains("4: upstreams.one.partition.by"),
                        line -> assertThat(line).contains("4: upstreams.one.partition.order"),
                        line -> assertThat(line).contains("7: upstreams.two.partition.quota[0]"),
                        line -> assertThat(line).contains("10: upstreams.three.partition.by"),
                        line -> assertThat(line).contains("13:", "no `model`", "here: message"));
    }

    @Test
    void noMoreThanAHundredPartitionsHaveFiguresOfTheirOwn() {
        String keys =
                IntStream.rangeClosed(0, UpstreamSettings.Partitioned.MAX_METRICS)
                        .mapToObj(n -> "p" + n)
                        .collect(Collectors.joining(", "));
        List<String> mistakes =
                mistakes(
                        """
                upstreams:
                  one:
                    url: https://api.example
                    partition: { by: "{client}", metrics: [ KEYS ] }
                routes:
                  - { path: /a, upstream: one, call: { path: /a } }
                """
                                .replace("KEYS", keys));

        assertThat(mistakes)
                .singleElement()
                .asString()
                .contains("upstreams.one.partition", "has more than 100 keys");
    }

    @Test
    void allMistakesAreReportedTogetherEachWithItsLine() {
        List<String> mistakes =
                mistakes(
                        """
                        server:
                          prot: 8000
                          port: 70000
                          answer-within: 3s
                          host: 0.0.0.0
                        clients:
                        upstreams:
                          mail:
                            url: ftp://mail.example
                            headers: { Authorization: "Bearer ${MAIL_KEY}" }
                            quota: [ { limit: 0, window: 60 } ]
                            verify-tls: perhaps
                        routes:
                          - path: /send
                            upstream: mial
                            call: { path: /send, query: { to: "{recipient}" } }
                            params: { recipent: { required: true } }
                            done-on: [200, 2000]
                        webhooks:
                          allow-networks: [10.0.0.1/8, 300.0.0.0/8, 10.0.0.0/33]
                        """);

        assertThat(mistakes)
                .containsExactly(
                        "holdfast.yaml:2: server.prot: unknown key; did you mean `port`?",
                        "holdfast.yaml:3: server.port: `70000`: not between 0 and 65535 (integer, 0"
                                + " to 65535)",
                        "holdfast.yaml:4: server.answer-within: `3s`: not between 10ms and 1900ms"
                                + " (duration, 10ms to 1900ms)",
                        "holdfast.yaml:5: server.host: `0.0.0.0` can be reached from other machines"
                                + " and no client has a key: run `holdfast keys create NAME`, or add"
                                + " one under `clients`, or have one made by server.first-key, or"
                                + " listen on 127.0.0.1",
                        "holdfast.yaml:9: upstreams.mail.url: `ftp://mail.example`: must begin with"
                                + " http:// or https:// (URL (http, https))",
                        "holdfast.yaml:10: upstreams.mail.headers.Authorization: MAIL_KEY is not"
                                + " set: export MAIL_KEY=… or put it into a file .env in the working"
                                + " folder",
                        "holdfast.yaml:11: upstreams.mail.quota[0].limit: `0`: not between 1 and"
                                + " 2000000000 (integer, 1 to 2000000000)",
                        "holdfast.yaml:11: upstreams.mail.quota[0].window: `60`: write 1800ms, 60s,"
                                + " 5m, 24h, 30d or ISO 8601 (duration, 1ms to 366d)",
                        "holdfast.yaml:12: upstreams.mail.verify-tls: `perhaps`: write true or"
                                + " false (true or false)",
                        "holdfast.yaml:15: routes[0].upstream: there is no upstream `mial`; did you"
                                + " mean `mail`?",
                        "holdfast.yaml:16: routes[0].call.query: `{recipient}` is not one of the"
                                + " route's params; did you mean `{recipent}`?",
                        "holdfast.yaml:18: routes[0].done-on: `2000`: not between 200 and 599 (list"
                                + " of statuses, 200 to 599, or classes as 2xx)",
                        "holdfast.yaml:20: webhooks.allow-networks: `10.0.0.1/8`: has bits beyond"
                                + " its prefix; did you mean 10.0.0.0/8? (list of networks in CIDR"
                                + " notation)",
                        "holdfast.yaml:20: webhooks.allow-networks: `300.0.0.0/8`: is not an"
                                + " address in CIDR notation (list of networks in CIDR notation)",
                        "holdfast.yaml:20: webhooks.allow-networks: `10.0.0.0/33`: its prefix must"
                                + " be 0 to 32 (list of networks in CIDR notation)");
    }

    @Test
    void withoutTheUpstreamsKeyTheDefaultsSayWhatToDo() {
        assertThat(mistakes("", Map.of()))
                .containsExactly(
                        "built-in configuration:5: upstreams.synthesia.headers.Authorization:"
                                + " SYNTHESIA_API_KEY is not set: export SYNTHESIA_API_KEY=… or put"
                                + " it into a file .env in the working folder, or name your own"
                                + " `upstreams` and `routes` in holdfast.yaml");
    }

    @Test
    void aCommandIsNotRefusedForASecretItDoesNotUse() {
        assertThat(mistakes("", Map.of(), Purpose.CONVERTER)).isEmpty();
        assertThat(mistakes("", Map.of(), Purpose.STORE)).isEmpty();
    }

    @Test
    void aMisspeltVariableOfTheEnvironmentIsReportedAndServiceLinksAreNot() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("HOLDFAST_SERVER_PROT", "1");
        environment.put("HOLDFAST_SERVICE_HOST", "10.0.0.1");
        environment.put("HOLDFAST_PORT_8000_TCP", "tcp://10.0.0.1:8000");
        environment.put("HOLDFAST_LOG", "json");
        environment.put("HOLDFAST_STORE_RETENTION", "x");

        assertThat(mistakes("", environment))
                .containsExactly(
                        "environment variable HOLDFAST_SERVER_PROT: names no key; did you mean"
                                + " HOLDFAST_SERVER_PORT?",
                        "environment variable HOLDFAST_STORE_RETENTION: store.retention: `x`: write"
                                + " 1800ms, 60s, 5m, 24h, 30d or ISO 8601 (duration, 60s to 3650d)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    server: [1]                                | holdfast.yaml:1: server: expected a section with keys, found a list
                    server: { port: [1] }                      | holdfast.yaml:1: server.port: expected a single value (integer, 0 to 65535), found a list
                    clients: { name: a }                       | holdfast.yaml:1: clients: expected a list (lines that begin with `- `), found a section with keys
                    server: { port: 1, port: 2 }               | holdfast.yaml:1: port: given twice, first in line 1; keep one
                    just words                                 | holdfast.yaml:1: expected sections such as `server:`, found a single value
                    'server: { port: 1'                        | holdfast.yaml:1: not valid YAML: expected ',' or '}', but got <stream end>
                    upstreams: { synthesia: { url: 'http://u:p@a' } } | holdfast.yaml:1: upstreams.synthesia.url: cannot hold credentials, a query or a fragment; use `headers`, and the route's `call.query`
                    store: { url: 'mysql://x/y' }              | holdfast.yaml:1: store.url: its value: write sqlite:PATH or postgresql://user:password@host:5432/database (store URL)
                    upstreams: { a: { url: 'http://a' } }      | holdfast.yaml:1: upstreams: is given without `routes`, so nothing would use it: add `routes` (the built-in ones need the upstream `synthesia`)
                    rates: { feed: 'wss://f', source: freecurrencyapi } | holdfast.yaml:1: rates.api-key: is missing: export FREECURRENCY_API_KEY=… or choose a `source` without a key (frankfurter, ecb)
                    rates: { feed: 'http://f', source: ecb }   | holdfast.yaml:1: rates.feed: `http://f`: must begin with ws:// or wss:// (URL (ws, wss))
                    rates: { target: euro }                    | holdfast.yaml:1: rates.target: `euro`: is not a currency code such as EUR (ISO 4217 code)
                    rates: { rounding: UNNECESSARY }           | holdfast.yaml:1: rates.rounding: `UNNECESSARY`: is no rounding (UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN, HALF_EVEN)
                    upstreams: { synthesia: { quota: [ { limit: 9, window: month } ] } } | holdfast.yaml:1: upstreams.synthesia.quota[0].window: `month`: write 31d: no calendar month is longer, so none gets more than `limit`, whatever its time zone and whoever's clock is right (duration, 1ms to 366d)
                    webhooks: { schedule: [] }                 | holdfast.yaml:1: webhooks.schedule: needs at least one try, such as [0s]
                    """)
    void eachMistakeIsNamed(String yaml, String message) {
        assertThat(mistakes(yaml)).containsExactly(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    path: /v1/x   | routes[0].path: `/v1/x`: /v1 is Holdfast's own (path that begins with /)
                    path: sign    | routes[0].path: `sign`: must begin with / and name something (path that begins with /)
                    methods: [TRACE] | routes[0].methods: `TRACE`: callers may use GET, POST, PUT, PATCH and DELETE (GET, POST)
                    verdict: [ { then: done } ] | routes[0].verdict[0].then: a rule names a status, a header or a json pointer
                    verdict: [ { json: code, then: done } ] | routes[0].verdict[0].json: a JSON pointer begins with / and has at most 256 characters
                    verdict: [ { status: 500, then: done, after: x } ] | routes[0].verdict[0].after: goes with `then: retry` and `then: throttled`
                    reject-on: [200] | routes[0].reject-on: 200 is in `done-on` too
                    params: { webhook_url: {} } | routes[0].params: `webhook_url` has a meaning with every route
                    result: { field: id } | routes[0].result.field: `id`: is a field of every answer; choose another name (text)
                    result: { from: status } | routes[0].result.values: must give a value for each status of `done-on`: [200]
                    result: { from: text, values: { 200: x } } | routes[0].result.values: only go with `from: status`
                    call: { path: "/x?a=b" } | routes[0].call.path: `/x?a=b`: must begin with / and be percent-encoded; what follows a ? goes into `query` (path that begins with /)
                    call: { method: POST, path: /x, form: { a: "{b}" } } | routes[0].call.form: `{b}` is not one of the route's params
                    call: { method: POST, path: /x, json: { a: {b} } } | routes[0].call.json: `{b}` is not one of the route's params
                    done-on: [2xx, 6xx] | routes[0].done-on: `6xx`: write a status such as 200, or a class as 2xx (list of statuses, 200 to 599, or classes as 2xx)
                    cache: { ttl: soon } | routes[0].cache.ttl: `soon`: write 1800ms, 60s, 5m, 24h, 30d or ISO 8601 (duration, 0s to 3650d)
                    call: { path: /x, json: { a: b } } | routes[0].call.json: a GET call has no body; write `method: POST`
                    """)
    void eachMistakeOfARouteIsNamed(String line, String message) {
        String yaml = "routes:\n  - upstream: synthesia\n";
        yaml += line.startsWith("path") ? "" : "    path: /x\n";
        yaml += line.startsWith("call") ? "" : "    call: { path: /x }\n";
        yaml += "    " + line + "\n";
        int last = (int) yaml.lines().count();

        assertThat(mistakes(yaml)).containsExactly("holdfast.yaml:" + last + ": " + message);
    }

    @Test
    void whoCallsIsSaidOnceAndWhole() {
        assertThat(
                        mistakes(
                                """
                                upstreams:
                                  one:
                                    url: "https://host/"
                                    headers: { authorization: x }
                                    auth: { basic: { user: "a:b", password: hush } }
                                  two:
                                    url: "https://host/"
                                    auth: { oauth2: { token-url: "ftp://x/", client-id: hush } }
                                routes: [ { path: /a, upstream: one, call: { path: /a } } ]
                                """))
                .hasSize(4)
                .noneMatch(mistake -> mistake.contains("hush"))
                .anyMatch(mistake -> mistake.contains("one.auth.basic.user: has a colon"))
                .anyMatch(mistake -> mistake.contains("two.auth.oauth2.client-secret: is missing"))
                .anyMatch(mistake -> mistake.contains("two.auth.oauth2.token-url"));
    }

    @Test
    void aRouteWhoseCallsAreNotRepeatableHasNoCache() {
        assertThat(
                        mistakes(
                                """
                                routes:
                                  - path: /orders
                                    upstream: synthesia
                                    call: { method: POST, path: /orders }
                                    cache: { ttl: 1h }
                                """))
                .containsExactly(
                        "holdfast.yaml:5: routes[0].cache.ttl: would answer a second ask with the"
                                + " first one's result, but the route is not `repeatable`, so that two"
                                + " asks are two calls; take one of them away");
    }

    /** What the built-in configuration lacks would be beside the point, and so would variables. */
    @ParameterizedTest
    @ValueSource(strings = {"server: [1", "- a", "just words", "\tserver: {}", "a: b: c"})
    void whereNobodyKnowsWhatTheFileWasToSayOnlyThatIsSaid(String yaml) {
        assertThat(mistakes(yaml, Map.of("HOLDFAST_SERVER_PORT", "none")))
                .singleElement()
                .asString()
                .startsWith("holdfast.yaml:1: ")
                .containsPattern("not valid YAML|expected sections");
    }

    @Test
    void twoBadPathsAreNotOneAnothers() {
        assertThat(
                        mistakes(
                                """
                                routes:
                                  - { path: a, upstream: synthesia, call: { path: /x } }
                                  - { path: b, upstream: synthesia, call: { path: /x } }
                                  - { upstream: synthesia, call: { path: /x } }
                                """))
                .hasSize(3)
                .noneMatch(mistake -> mistake.contains("another route's path"));
    }

    @Test
    void noResultsFieldHasTheNameOfWhatAnAnswerCarriesAnyway() throws IOException {
        Instant then = Instant.EPOCH;
        var json = new RequestJson(Map.of());
        Set<String> names = new TreeSet<>();
        for (Status status : List.of(Status.SUCCEEDED, Status.RETRYING)) {
            var request =
                    new RequestRecord(
                            UUID.randomUUID(),
                            1,
                            1,
                            "synthesia",
                            "/x",
                            "{}",
                            status,
                            1,
                            503,
                            then,
                            then,
                            then,
                            "reference",
                            null,
                            null,
                            null,
                            0,
                            null,
                            null);
            var reader = new ObjectMapper();
            reader.readTree(json.succeeded(request, "reference"))
                    .fieldNames()
                    .forEachRemaining(names::add);
            reader.readTree(
                            json.receipt(
                                    new RequestView(request, 1, 1L, RequestView.WaitingFor.SLOT)))
                    .fieldNames()
                    .forEachRemaining(names::add);
        }

        assertThat(names).contains("id", "completed_at", "position").hasSizeGreaterThan(9);
        assertThat(names)
                .allSatisfy(
                        name ->
                                assertThat(mistakes(route("result: { field: " + name + " }")))
                                        .singleElement()
                                        .asString()
                                        .contains("result.field: `" + name + "`: is a field of"));
        assertThat(mistakes(route("result: { field: result }"))).isEmpty();
    }

    private static String route(String line) {
        return "routes:\n  - upstream: synthesia\n    path: /x\n    call: { path: /x }\n    "
                + line;
    }

    @Test
    void clientsMustHaveDifferentNamesAndStrongKeysThatAreNeverShown() {
        List<String> mistakes =
                mistakes(
                        """
                        clients:
                          - name: shop
                            key: short
                          - name: shop
                            key: 0123456789abcdef
                          - name: other
                            key: 0123456789abcdef
                          - key: fedcba9876543210
                        """);

        assertThat(mistakes)
                .containsExactly(
                        "holdfast.yaml:3: clients[0].key: its value: too short to be safe;"
                                + " `holdfast keys create NAME` makes a good one (at least 16"
                                + " characters)",
                        "holdfast.yaml:4: clients[1].name: `shop` is another client's name too",
                        "holdfast.yaml:7: clients[2].key: is another client's key too",
                        "holdfast.yaml:8: clients[3].name: is missing (1 to 64 letters, digits,"
                                + " `.`, `_`, `-`)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u:s3cretpw@db:5432",
                "postgresql://u:s3cret#pw@db:5432/d",
                "postgresql://u:12#s3cretpw@db:5432/d",
                "postgresql://u:s3cret%pw@db:5432/d",
                "postgresql://u:s3cret/pw@db:5432/d",
                "mysql://u:s3cretpw@db:5432/d",
                "mysql:u:s3cretpw"
            })
    void aStoreUrlThatIsWrongIsNeverQuoted(String url) {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("DATABASE_URL", url);
        String referring = "store: { url: '${DATABASE_URL}' }";

        for (Purpose purpose : Purpose.values()) {
            assertThat(mistakes(referring, environment, purpose))
                    .singleElement()
                    .asString()
                    .startsWith("holdfast.yaml:1: store.url: its value: ")
                    .doesNotContain("s3cret");
        }
        environment.put("HOLDFAST_STORE_URL", url);
        assertThat(mistakes("", environment))
                .singleElement()
                .asString()
                .startsWith("environment variable HOLDFAST_STORE_URL: store.url: its value: ")
                .doesNotContain("s3cret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    rates: { feed: "https://u:s3cretpw@h/" } | `https://…`
                    rates: { feed: "wss://u:s3cret pw@h/" } | `wss://…`
                    rates: { feed: "wss://u:a?b/s3cret#pw@h/" } | `wss://…`
                    rates: { feed: "u:s3cretpw@h" } | its value
                    rates: { feed: "https://h/x?token=s3cret" } | `https://h/x?…`
                    rates: { url: "ftp://h/#s3cret" } | `ftp://h/#…`
                    tracing: { endpoint: "grpc://u:s3cretpw@h:4317" } | `grpc://…`
                    upstreams: { synthesia: { url: "ws://s3cret@h" } } | `ws://…`
                    """)
    void ofAUrlThatIsWrongOnlyWhatCannotBeSecretIsQuoted(String yaml, String quoted) {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("FREECURRENCY_API_KEY", "rates-key");

        assertThat(mistakes(yaml, environment))
                .singleElement()
                .asString()
                .contains(": " + quoted + ": ")
                .doesNotContain("s3cret");
    }

    @Test
    void aHostBeyondLoopbackIsAllowedWithAClientKey() {
        assertThat(
                        mistakes(
                                """
                                server: { host: 0.0.0.0 }
                                clients: [ { name: shop, key: 0123456789abcdef } ]
                                """))
                .isEmpty();
    }
}
