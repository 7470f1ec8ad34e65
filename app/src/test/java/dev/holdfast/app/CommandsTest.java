package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.ClientSettings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.serve.ClientKey;
import dev.holdfast.app.serve.ConfiguredClients;
import dev.holdfast.app.serve.OpenFiles;
import dev.holdfast.rates.source.EngineFetcher;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Clients.ClientRecord;
import dev.holdfast.store.sqlite.SqliteClients;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandsTest {
    @TempDir Path folder;
    private Path config;

    /** What a command ended with. */
    private record Ran(int status, String out, String err) {}

    @BeforeEach
    void writeConfiguration() throws IOException {
        config = folder.resolve("holdfast.yaml");
        Files.writeString(
                config,
                """
                store: { url: "sqlite:%s" }
                upstreams: { synthesia: { headers: { Authorization: secret-of-the-upstream } } }
                """
                        .formatted(folder.resolve("data/holdfast.db")));
    }

    private static Ran run(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return new Ran(CommandLines.execute(line, args), out.toString(), err.toString());
    }

    @Test
    void anUnknownOptionIsOneLineWithAGuessAndStatus2() {
        Ran ran = run("check-config", "--confg", "x");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .hasLineCount(1)
                .contains("--confg")
                .contains("did you mean --config")
                .contains("holdfast check-config --help");
    }

    @Test
    void anUnknownCommandIsOneLineWithAGuess() {
        Ran ran = run("chek-config");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .hasLineCount(1)
                .contains("what is chek-config? did you mean check-config?");
    }

    @Test
    void noCommandAtAllIsWrongUsage() {
        assertThat(run().status()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "check-config",
                "keys",
                "keys create",
                "keys list",
                "keys revoke",
                "sign",
                "batch",
                "status",
                "simulate",
                "simulate upstream"
            })
    void everyCommandHasHelp(String command) {
        Ran ran = run((command + " --help").strip().split(" "));

        assertThat(ran.status()).isZero();
        assertThat(ran.out()).startsWith("Usage: holdfast");
    }

    @Test
    void checkConfigPrintsWhatIsInForceWithoutSecrets() {
        Ran ran = run("check-config", "--config", config.toString());

        assertThat(ran.status()).isZero();
        assertThat(ran.out()).contains("port: 8000").doesNotContain("secret-of-the-upstream");
    }

    @Test
    void checkConfigSaysWhatEachStatusWouldMeanAndWhatMaySurprise() throws IOException {
        Files.writeString(
                config,
                """
                upstreams: { shop: { url: "http://127.0.0.1:9" } }
                routes:
                  - path: /orders
                    upstream: shop
                    call: { method: POST, path: /orders }
                    done-on: [200]
                    reject-on: [401, 4xx]
                  - path: /stock
                    upstream: shop
                    call: { path: /stock }
                """,
                StandardCharsets.UTF_8);

        String explained = run("check-config", "--explain", "--config", config.toString()).out();

        assertThat(explained)
                .contains("/orders: POST /orders of shop, not repeatable")
                .containsPattern("200 +the result")
                .containsPattern("201 to 399 +fails as `uncertain`")
                .containsPattern("401 +kept; the upstream is closed and tried")
                .containsPattern("429 +kept; the upstream is closed for its Retry-After")
                .containsPattern("503 +called again; with Retry-After: kept")
                .contains("/stock: GET /stock of shop, repeatable")
                .containsPattern("200 to 299 +the result")
                .containsPattern("300 to 400 +fails as `rejected`")
                .containsPattern("408 +called again");
        assertThat(run("check-config", "--config", config.toString()).out())
                .startsWith("server:")
                .contains("# /orders: done-on leaves out 201, 202, 204 and the like: a POST")
                .contains("# /orders: reject-on cannot take 401")
                .doesNotContain("# /stock");
    }

    @Test
    void checkConfigSaysWhatAnAnswerThatSomebodyKeptWouldMean() throws IOException {
        Files.writeString(
                config,
                """
                upstreams: { shop: { url: "http://127.0.0.1:9", quota: [ { limit: 5, window: 10s } ] } }
                routes:
                  - path: /orders
                    upstream: shop
                    call: { method: POST, path: /orders }
                    result: { from: json }
                    verdict:
                      - { json: /error/code, is: rate_limited, then: throttled, after: /error/wait }
                      - { status: 5xx, header: x-no-effect, then: retry }
                """,
                StandardCharsets.UTF_8);

        assertThat(tried("{\"error\":{\"code\":\"rate_limited\",\"wait\":30}}"))
                .isEqualTo(
                        "/orders, status 200, 43 bytes: kept; the upstream takes no calls for"
                                + " 30s\n");
        assertThat(tried("{\"error\":{\"code\":\"rate_limited\"}}")).endsWith("no calls for 10s\n");
        assertThat(tried("HTTP/1.1 500 X\nx-no-effect: 1\n\n"))
                .endsWith("called again after 5s, an attempt charged\n");
        assertThat(tried("HTTP/1.1 500 X\n\n")).contains("fails as `uncertain`");
        assertThat(tried("{\"id\":7}")).endsWith(": done, the result {\"id\":7}\n");
        assertThat(tried("HTTP/1.1 204 No Content\n\n"))
                .endsWith("done, the result without a body\n");
        assertThat(tried("page")).contains("fails as `result-unreadable`: it is not JSON");
        assertThat(tried("HTTP/1.1 401 X\n\n")).contains("until it takes the credential");
        assertThat(run("check-config", "--explain", "--config", config.toString()).out())
                .contains("if /error/code in the body is `rate_limited`: kept; the upstream is")
                .contains(
                        "if it is one of its statuses and header x-no-effect is there: called"
                                + " again");
    }

    @Test
    void aTryOfNoRouteOrWithoutAnAnswerIsOneLine() throws IOException {
        Path answer = Files.writeString(folder.resolve("answer"), "x");

        assertThat(run("check-config", "--config", config.toString(), "--try", "/x").err())
                .isEqualTo("holdfast: --try ROUTE and --answer FILE go together\n");
        Ran ran =
                run(
                        "check-config",
                        "--config",
                        config.toString(),
                        "--try",
                        "/x",
                        "--answer",
                        answer.toString());
        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .startsWith("holdfast: there is no route /x; configured: /crypto/sign");
    }

    private String tried(String answer) throws IOException {
        Path file = Files.writeString(folder.resolve("answer"), answer);
        return run(
                        "check-config",
                        "--config",
                        config.toString(),
                        "--try",
                        "/orders",
                        "--answer",
                        file.toString())
                .out();
    }

    @Test
    void checkConfigListsEveryMistakeAndEndsWith2() throws IOException {
        Files.writeString(config, "server: { port: x, prot: 1 }\n", StandardCharsets.UTF_8);

        Ran ran = run("check-config", "--config", config.toString());

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).contains("3 mistakes").contains(config + ":1: server.prot");
    }

    @Test
    void aFileThatIsNotThereIsOneLine() {
        Ran ran = run("check-config", "--config", folder.resolve("none.yaml").toString());

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .hasLineCount(1)
                .contains("none.yaml: does not exist; `holdfast init`");
    }

    @Test
    void aFileOfMessagesThatIsNotTextIsOneLineWithItsPlace() throws IOException {
        Path messages = folder.resolve("f.txt");
        Files.write(messages, new byte[] {'a', '\n', (byte) 0xff, '\n'});

        assertThat(run("sign", "--file", messages.toString()))
                .isEqualTo(new Ran(2, "", "holdfast: " + messages + ":2: is not UTF-8 text\n"));
    }

    @Test
    void aKeyIsShownOnceAndOnlyItsHashIsStored() {
        Ran created = run("keys", "create", "shop", "--config", config.toString());
        String key = created.out().strip();

        assertThat(created.status()).isZero();
        assertThat(key).matches("hf_[A-Za-z0-9_-]{43}");
        assertThat(run("keys", "list", "--config", config.toString()).out())
                .contains("shop")
                .doesNotContain(key);
        try (SqliteClients clients = SqliteClients.open(folder.resolve("data/holdfast.db"))) {
            assertThat(clients.list())
                    .flatExtracting(ClientRecord::keys)
                    .extracting(Clients.Key::hash)
                    .containsExactly(ClientKey.hash(key));
        }
    }

    @Test
    void aClientGetsASecondKeySoThatOneIsRenewedWithoutAGap() {
        String file = config.toString();
        String first = run("keys", "create", "shop", "--config", file).out().strip();
        Ran again = run("keys", "create", "shop", "--expires", "90d", "--config", file);
        assertThat(again.status()).isZero();
        assertThat(again.err()).contains("shop has its other key still");
        assertThat(run("keys", "create", "shop", "--admin", "--config", file).status())
                .isEqualTo(1);
        Ran fewer = run("keys", "create", "shop", "--max-pending", "5", "--config", file);
        assertThat(fewer.status()).isEqualTo(1);
        assertThat(fewer.out()).as("no key is shown that was not made").isEmpty();
        assertThat(fewer.err()).hasLineCount(1).contains("100000 requests", "--max-pending");

        String id = ClientKey.hash(first).substring(0, 8);
        List<String> listed = run("keys", "list", "--config", file).out().lines().skip(1).toList();
        assertThat(listed).hasSize(2);
        assertThat(listed.getFirst()).matches("shop +no +100000  " + id + "  20.*Z +never");
        assertThat(listed.getLast()).matches("shop +no +100000  [0-9a-f]{8}  20.*Z +20.*Z");

        Ran one = run("keys", "revoke", "shop", "--key", id, "--config", file);
        assertThat(one.status()).isZero();
        assertThat(one.err()).contains("Key " + id + " of shop has ended");
        assertThat(run("keys", "revoke", "shop", "--key", id, "--config", file).status())
                .isEqualTo(1);
        try (SqliteClients clients = SqliteClients.open(folder.resolve("data/holdfast.db"))) {
            assertThat(clients.list())
                    .flatExtracting(ClientRecord::keys)
                    .extracting(Clients.Key::hash)
                    .containsExactly(ClientKey.hash(again.out().strip()));
        }
    }

    @Test
    void theLastKeyOfAllEndsOnlyWithAYes() {
        String file = config.toString();
        run("keys", "create", "shop", "--config", file);
        run("keys", "create", "ops", "--admin", "--config", file);
        assertThat(run("keys", "revoke", "ops", "--config", file).err())
                .contains("The key of ops has ended");

        Ran refused = run("keys", "revoke", "shop", "--config", file);
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).hasLineCount(1).contains("nobody else has a key", "--yes");
        assertThat(run("keys", "list", "--config", file).out()).contains("shop");

        Ran revoked = run("keys", "revoke", "shop", "--yes", "--config", file);
        assertThat(revoked.status()).isZero();
        assertThat(run("keys", "revoke", "shop", "--config", file).status()).isEqualTo(1);
        assertThat(run("keys", "create", "shop", "--admin", "--config", file).status()).isZero();
    }

    @Test
    void filesWithSecretsAreForTheirUserAlone() throws IOException {
        run("keys", "create", "shop", "--config", config.toString());
        Path data = folder.resolve("data");
        StoreSettings store =
                new StoreSettings("sqlite:" + data + "/holdfast.db", Duration.ofDays(7));
        assertThat(Files.getPosixFilePermissions(data))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(Files.getPosixFilePermissions(data.resolve("holdfast.db")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(OpenFiles.found(store)).isEmpty();

        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(OpenFiles.found(store)).singleElement().asString().contains("chmod 700 " + data);
    }

    @Test
    void aKeyInTheStoreOpensTheDoorToOtherMachines() throws IOException {
        Files.writeString(config, Files.readString(config) + "server: { host: 0.0.0.0 }\n");
        String file = config.toString();

        assertThat(run("check-config", "--config", file).err()).contains("no client has a key");
        run("keys", "create", "shop", "--config", file);
        assertThat(run("check-config", "--config", file).status()).isZero();
    }

    @Test
    void aConfiguredClientIsTheConfigurationsToChange() throws IOException {
        String file = config.toString();
        Files.writeString(
                config,
                Files.readString(config).replaceFirst("upstreams.*\\n", "")
                        + """
                        clients:
                          - { name: tiny, key: 0123456789abcdef, admin: true, max-pending: 7 }
                          - { name: shop, key: "${A_KEY_THAT_NOBODY_SET}" }
                        """);
        run("keys", "create", "other", "--config", file);
        try (SqliteClients stored = SqliteClients.open(folder.resolve("data/holdfast.db"))) {
            stored.put("tiny", null, true, 7);
        }

        for (String name : List.of("tiny", "shop")) {
            String line = file + ":" + (name.equals("tiny") ? 3 : 4);
            for (String command : List.of("create", "revoke")) {
                assertThat(run("keys", command, name, "--config", file))
                        .isEqualTo(
                                new Ran(
                                        1,
                                        "",
                                        "holdfast: "
                                                + name
                                                + " is a client of "
                                                + line
                                                + "; change it there and restart the gateway\n"));
            }
        }
        try (SqliteClients stored = SqliteClients.open(folder.resolve("data/holdfast.db"))) {
            assertThat(stored.list())
                    .filteredOn(client -> !client.keyed())
                    .extracting(ClientRecord::name)
                    .containsExactly("tiny");
        }
        assertThat(run("keys", "list", "--config", file).out().lines().skip(1))
                .satisfiesExactly(
                        tiny ->
                                assertThat(tiny)
                                        .matches("tiny +yes +7 +configured in .*holdfast.yaml:3"),
                        shop ->
                                assertThat(shop)
                                        .matches(
                                                "shop +no +100000 +configured in"
                                                        + " .*holdfast.yaml:4"),
                        other ->
                                assertThat(other)
                                        .matches("other +no +100000  [0-9a-f]{8}  20.*Z +never"));
    }

    @Test
    void whatHasNoKeyInTheStoreCannotBeRevoked() {
        String file = config.toString();
        run("keys", "create", "shop", "--config", file);
        try (SqliteClients stored = SqliteClients.open(folder.resolve("data/holdfast.db"))) {
            new ConfiguredClients(stored, List.of()).enter(100);

            assertThat(run("keys", "revoke", ConfiguredClients.OPEN, "--config", file).status())
                    .isEqualTo(1);
            assertThat(stored.list())
                    .extracting(ClientRecord::name)
                    .contains(ConfiguredClients.OPEN);
        }
    }

    @Test
    void aKeyOfTheStoreEndsWhenItsClientIsConfigured() {
        var shop = new ClientSettings("shop", "0123456789abcdef", false, 7, 1, "holdfast.yaml:3");
        try (SqliteClients stored = SqliteClients.open(folder.resolve("clients.db"))) {
            int number = stored.put("shop", ClientKey.hash("the old key"), true, 9).id();

            new ConfiguredClients(stored, List.of(shop)).enter(100);

            var without = new ConfiguredClients(stored, List.of());
            without.enter(100);
            assertThat(without.anyKey()).isFalse();
            assertThat(stored.names()).containsEntry(number, "shop");
        }
    }

    @Test
    void aConfiguredClientThatChangedIsKnownToTheStoreAsItIsNow() {
        var before = new ClientSettings("shop", "0123456789abcdef", false, 7, 1, "holdfast.yaml:3");
        var now = new ClientSettings("shop", "0123456789abcdef", false, 9, 4, "holdfast.yaml:3");
        try (SqliteClients stored = SqliteClients.open(folder.resolve("clients.db"))) {
            new ConfiguredClients(stored, List.of(before)).enter(100);
            new ConfiguredClients(stored, List.of(now)).enter(100);
            assertThat(stored.list())
                    .filteredOn(client -> client.name().equals("shop"))
                    .singleElement()
                    .satisfies(
                            client -> {
                                assertThat(client.maxPending()).isEqualTo(9);
                                assertThat(client.weight()).isEqualTo(4);
                            });
        }
    }

    @Test
    void theConverterIsNobodyWithAKey() {
        try (SqliteClients stored = SqliteClients.open(folder.resolve("clients.db"))) {
            stored.put(EngineFetcher.CLIENT, null, false, 1);
            var clients = new ConfiguredClients(stored, List.of());
            clients.enter(100);
            assertThat(clients.anyEver()).isFalse();

            stored.put("shop", ClientKey.hash("a key"), false, 1);
            stored.revoke("shop");
            assertThat(clients.anyKey()).isFalse();
            assertThat(clients.anyEver()).isTrue();
        }
    }

    @Test
    void configuredClientsLieOverTheStoresAndTheirKeysAreNotStored() {
        var shop = new ClientSettings("shop", "0123456789abcdef", true, 7, 1, "holdfast.yaml:3");
        try (SqliteClients stored = SqliteClients.open(folder.resolve("clients.db"))) {
            var first = new ConfiguredClients(stored, List.of(shop));
            first.enter(100);
            assertThat(first.anyKey()).isTrue();
            assertThat(first.list())
                    .filteredOn(client -> client.name().equals("shop"))
                    .singleElement()
                    .satisfies(
                            client -> {
                                assertThat(client.keys())
                                        .extracting(Clients.Key::hash)
                                        .containsExactly(ClientKey.hash("0123456789abcdef"));
                                assertThat(client.admin()).isTrue();
                                assertThat(client.maxPending()).isEqualTo(7);
                            });
            assertThat(stored.list()).noneMatch(ClientRecord::keyed);

            var without = new ConfiguredClients(stored, List.of());
            without.enter(100);
            assertThat(without.anyKey()).isFalse();
            assertThat(without.anyEver()).isTrue();
            assertThat(without.list())
                    .extracting(ClientRecord::name)
                    .containsExactly(ConfiguredClients.OPEN);
        }
    }
}
