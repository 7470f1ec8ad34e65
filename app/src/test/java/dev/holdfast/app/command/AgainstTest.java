package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/** {@code check-config --against}: a file beside what a gateway has in force. */
@Timeout(120)
class AgainstTest {
    private static final String KEY = "client-key-0123456789abcdef";
    private static final String SHOP_KEY = "shop-key-0123456789abcdef0";
    private static final String SECRET = "upstream-secret-one";
    private static final String PATH = "/v1/configuration/compare";

    @TempDir Path folder;
    private String yaml;
    private Serve serve;
    private int status;
    private String err;

    @BeforeEach
    void start() throws Exception {
        yaml = yaml();
        Configuration running =
                Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false);
        serve = Serve.start(running.settings());
        serve.compareWith(running, "/etc/holdfast.yaml");
    }

    private String yaml() {
        return """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                clients: [ { name: ops, key: client-key-0123456789abcdef, admin: true }, { name: shop, key: shop-key-0123456789abcdef0 } ]
                upstreams:
                  one:
                    url: "http://127.0.0.1:1"
                    headers: { Authorization: upstream-secret-one }
                    quota: [ { limit: 10, window: 60s } ]
                routes:
                  - path: /old
                    upstream: one
                    call: { method: GET, path: /x, query: { message: "{message}" } }
                    params: { message: { required: true } }
                    result: { field: answer, from: text }
                """
                .formatted(folder.resolve("holdfast.db"));
    }

    @AfterEach
    void stop() {
        serve.close();
    }

    private String against(String next, URI url, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("next.yaml"), next);
        var out = new StringWriter();
        var errors = new StringWriter();
        CommandLine line = new CommandLine(new CheckConfigCommand());
        line.setOut(new PrintWriter(out, true));
        line.setExecutionExceptionHandler(
                (thrown, _, _) -> {
                    if (!(thrown instanceof Failure failure)) {
                        throw thrown;
                    }
                    errors.append(failure.getMessage());
                    return failure.status();
                });
        String[] args = {"--config", file.toString(), "--against", url.toString()};
        status =
                line.execute(
                        IntStream.range(0, args.length + more.length)
                                .mapToObj(i -> i < args.length ? args[i] : more[i - args.length])
                                .toArray(String[]::new));
        err = errors.toString();
        return out.toString();
    }

    @Test
    void theSameInOtherWordsChangesNothing() throws Exception {
        String other =
                yaml.replace("window: 60s", "window: \"60s\"")
                        .replace("server: { port: 0 }", "server: { port: 0, host: 127.0.0.1 }");

        assertThat(against(other, serve.uri(), "--key", KEY))
                .contains("/etc/holdfast.yaml")
                .endsWith("nothing changes\n");
        assertThat(status).isZero();
    }

    @Test
    void whatAReloadChangesIsToldByItsKeySecretsAmongThemAndNoValue() throws Exception {
        String next =
                yaml.replace("limit: 10", "limit: 11")
                        .replace(SECRET, "upstream-secret-two")
                        .replace(SHOP_KEY, "shop-key-another-0123456789");

        String told = against(next, serve.uri(), "--key", KEY);

        assertThat(told.lines().skip(1))
                .containsExactly(
                        "a reload (SIGHUP) changes:",
                        "  clients[1].key",
                        "  upstreams.one.headers.Authorization",
                        "  upstreams.one.quota[0].limit");
        assertThat(status).isZero();
        assertThat(err).isEmpty();
    }

    @Test
    void whatWantsAStartAndWhatIsOwedIsToldAndTheStatusIsOne() throws Exception {
        try (var client = new GatewayClient(serve.uri(), SHOP_KEY)) {
            assertThat(client.get("/old?message=m", "respond-async").status()).isEqualTo(202);
        }
        String next =
                yaml.replace("/old", "/new").replace("port: 0", "port: 0, base-path: /elsewhere");

        String told = against(next, serve.uri(), "--key", KEY);

        assertThat(told.lines().skip(1))
                .containsExactly(
                        "a reload (SIGHUP) changes:",
                        "  routes[0].path",
                        "only a start changes; a reload would be refused:",
                        "  server.base-path",
                        "owed, and nobody would make these calls any more:",
                        "  1 calls of the route /old of the upstream one");
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).contains("would refuse a reload");

        against(yaml.replace("/old", "/new"), serve.uri(), "--key", KEY);
        assertThat(status).as("by what is owed alone").isEqualTo(Failure.FAILED);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 2, wants a key",
        "nobody-0123456789abcdef01, 2, does not know this key",
        "shop-key-0123456789abcdef0, 1, admin"
    })
    void onlyAnAdminIsTold(String key, int exit, String why) throws Exception {
        assertThat(against(yaml, serve.uri(), "--key", key)).isEmpty();
        assertThat(status).isEqualTo(exit);
        assertThat(err).contains(why).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({
        "404, application/problem+json, '{\"type\":\"/problems/not-found\",\"title\":\"Not found\"}', of a version before this",
        "404, text/html, <h1>none</h1>, not a gateway's JSON",
        "200, text/html, <h1>hello</h1>, not a gateway's JSON"
    })
    void whoIsNoGatewayOrAnOlderOneIsToldAsSuch(int code, String type, String body, String why)
            throws Exception {
        HttpServer other =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext(
                "/",
                exchange -> {
                    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", type);
                    exchange.sendResponseHeaders(code, bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        other.start();
        URI uri = URI.create("http://127.0.0.1:" + other.getAddress().getPort());
        try {
            assertThat(against(yaml, uri)).isEmpty();
        } finally {
            other.stop(0);
        }
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).contains(why).hasLineCount(1);

        against(yaml, uri);
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).contains("no gateway answers").hasLineCount(1);
    }

    @Test
    void itGoesAloneAndIsNotAskedOfAFileWithMistakes() throws Exception {
        against(yaml, serve.uri(), "--explain");
        assertThat(status).isEqualTo(Failure.USAGE);
        assertThat(against(yaml + "nonsense: 1\n", serve.uri(), "--key", KEY)).isEmpty();
        assertThat(status).isEqualTo(Failure.USAGE);
        assertThat(err).contains("nonsense");
    }

    @Test
    void anAnswerIsAsTheDocumentSaysAndHasNoSecret() throws Exception {
        String salt = "0123456789abcdef0123456789abcdef";
        String body = "{\"salt\":\"%s\",\"digests\":{\"a\":\"b\"},\"routes\":{}}".formatted(salt);
        JsonNode answer = compare(body, 200);
        JsonNode described =
                new ObjectMapper()
                        .valueToTree(
                                new Yaml()
                                        .<Map<String, Object>>load(
                                                text(serve.uri().resolve("/openapi.yaml"))))
                        .at("/components/schemas/ConfigurationChange/properties");

        assertThat(answer.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(List.copyOf(names(described)));
        assertThat(answer.toString())
                .contains("upstreams.one.headers.Authorization")
                .doesNotContain(SECRET, KEY, SHOP_KEY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"salt\":\"00\",\"digests\":{},\"routes\":{}}",
                "{\"salt\":\"0123456789abcdef0123456789abcdef\",\"digests\":[],\"routes\":{}}",
                "{\"salt\":\"0123456789abcdef0123456789abcdef\",\"digests\":{\"a\":1},\"routes\":{}}",
                "{\"salt\":\"0123456789abcdef0123456789abcdef\",\"digests\":{}}",
            })
    void whatIsNoFingerprintIsRefused(String body) throws Exception {
        assertThat(compare(body, 400).path("type").asText()).endsWith("invalid-request");
    }

    private JsonNode compare(String body, int expected) throws Exception {
        try (var client = new GatewayClient(serve.uri(), KEY)) {
            var reply = client.post(PATH, body);
            assertThat(reply.status()).as(reply.body().toString()).isEqualTo(expected);
            return reply.body();
        }
    }

    private static String text(URI uri) throws IOException {
        try (var in = uri.toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static List<String> names(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).toList();
    }
}
