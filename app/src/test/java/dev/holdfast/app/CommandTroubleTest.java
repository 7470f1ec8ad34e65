package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.SignedFile;
import dev.holdfast.app.terminal.StandardOutput;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What can go wrong around a file, a pipe, an address and a gateway, command by command. */
@Timeout(120)
class CommandTroubleTest {
    private static final Path FULL = Path.of("/dev/full");
    private static final String KEY = "client-key-0123456789abcdef";
    private static final String RECORD = "{\"message\":\"a\",\"signature\":\"s\"}";

    @TempDir static Path world;
    private static final Vertx VERTX = Vertx.vertx();
    private static SimulatedUpstream upstream;
    private static Serve serve;

    @TempDir Path folder;

    /** What a command ended with. */
    private record Ran(int status, String out, String err) {}

    /**
     * A command, and how it must end.
     *
     * @param line its words; F/ is the folder, URL the gateway, UPSTREAM something that is none
     * @param says what standard error must hold
     */
    record Case(String line, int status, String says) {
        @Override
        public String toString() {
            return line;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        upstream = new SimulatedUpstream(VERTX, SimulatedUpstream.Options.unlimited(1)).start();
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                clients: [ { name: shop, key: %s } ]
                upstreams:
                  simulated: { url: "%s", quota: [] }
                routes:
                  - path: /crypto/sign
                    upstream: simulated
                    call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                    params: { message: { required: true, max-bytes: 4096 } }
                    result: { field: signature, from: text }
                  - path: /echo
                    upstream: simulated
                    call: { method: POST, path: /v1/echo-json, json: { said: "{message}" } }
                    params: { message: { required: true } }
                    result: { field: echo, from: json }
                  - path: /named/error
                    upstream: simulated
                    call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                    params: { message: { required: true } }
                    result: { field: error, from: text }
                """
                        .formatted(world.resolve("holdfast.db"), KEY, upstream.uri());
        serve =
                Serve.start(
                        Configuration.parse(
                                        "test",
                                        yaml,
                                        Variables.of(Map.of()),
                                        Purpose.GATEWAY,
                                        store -> false)
                                .settings());
    }

    @AfterAll
    static void stop() {
        serve.close();
        upstream.close();
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    @BeforeEach
    void layOut() throws IOException {
        Files.createDirectory(folder.resolve("folder"));
        write("empty", "");
        write("crlf", "one\r\ntwo\r\n");
        write("words", "alpha\nbeta\ngamma");
        write("latin", "\u00e4".getBytes(StandardCharsets.ISO_8859_1));
        write("notes", "my only notes");
        write("numbers", "10\n20\n30\n");
        write("log", "{\"message\":\"started\",\"level\":\"info\"}\n");
        write("binary", new byte[] {'{', (byte) 0xff, 0, '\n'});
        write("mixed", RECORD + "\nand my notes\n");
        write("tail", RECORD + "\nand my notes");
        write("trailing", RECORD + " and more\n");
        String upstream = "upstreams: { synthesia: { url: http://127.0.0.1:9, headers: {} } }\n";
        write("no-tls", upstream + "server: { tls: { cert: /none, key: /none } }\n");
        write(
                "bad-path",
                upstream
                        + "routes: [ { path: /r, upstream: synthesia, call: { path: '/a b' },"
                        + " result: { field: x } } ]\n");
        write(
                "bad-rates",
                upstream
                        + "rates: { source: frankfurter, feed: ws://127.0.0.1:9,"
                        + " url: 'http://127.0.0.1:9/?a=b' }\n");
        write("long", "x".repeat(5000) + "\n");
        Files.createSymbolicLink(folder.resolve("words-link"), folder.resolve("words"));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private void write(String name, byte[] bytes) throws IOException {
        Files.write(folder.resolve(name), bytes);
    }

    static Stream<Case> refused() {
        String gone = " --url http://127.0.0.1:9";
        String up = " --url URL";
        return Stream.of(
                new Case("sign b --out F/folder" + up, 2, "is a folder"),
                new Case("sign b --out F/notes" + up, 2, "notes:1: is not a line that `sign`"),
                new Case("sign b --out F/notes" + gone, 2, "notes:1: is not a line that `sign`"),
                new Case("sign b --out F/numbers" + up, 2, "numbers:1: is not a line"),
                new Case("sign b --out F/log" + up, 2, "log:1: is not a line"),
                new Case("sign b --out F/binary" + up, 2, "binary:1: is not a line"),
                new Case("sign b --out F/mixed" + up, 2, "mixed:2: is not a line"),
                new Case("sign b --out F/tail" + up, 2, "tail:2: is not a line"),
                new Case("sign b --out F/trailing" + up, 2, "trailing:1: is not a line"),
                new Case("sign b --out F/notes/out" + up, 1, "cannot write"),
                new Case(
                        "sign b --out F/new" + gone, 1, "no gateway answers at http://127.0.0.1:9"),
                new Case(
                        "sign --file F/words --out F/words" + up, 2, "--out is the file of --file"),
                new Case("sign --file F/words --out F/words-link" + up, 2, "is the file of --file"),
                new Case("sign --file F/folder" + up, 2, "folder: it is a folder"),
                new Case("sign --file F/none" + up, 2, "none: there is no such file"),
                new Case("sign --file F/latin" + up, 2, "latin:1: is not UTF-8 text"),
                new Case("sign --file F/long" + up, 1, "1 of 1 messages failed"),
                new Case("sign" + up, 2, "nothing to sign"),
                new Case("sign b --priority first" + up, 2, "--priority is high, normal or low"),
                new Case("sign b --not-before soon" + up, 1, "1 of 1 messages failed"),
                new Case("sign b --json" + up, 2, "with --json each message is JSON"),
                new Case("sign b --route /nothing" + up, 2, "has no route /nothing"),
                new Case("sign b --route /livez" + up, 2, "has no route /livez"),
                new Case("sign b --route nothing" + up, 2, "--route is the path of a route"),
                new Case("sign b --route /a?b" + up, 2, "--route is the path of a route"),
                new Case("sign b --url UPSTREAM", 1, "is not a gateway"),
                new Case("sign b --url ftp://x", 2, "--url must be http"),
                new Case("sign b --url http://x/?y", 2, "--url must be http"),
                new Case("sign b --url http://127.0.0.1:99999", 2, "--url must be http"),
                new Case("status --url http://127.0.0.1:0", 2, "--url must be http"),
                new Case("sign b --url http://me:hidden@x/", 2, "--url has a user in it"),
                new Case("sign b --url URL/below", 1, "is not a gateway"),
                new Case("sign -x" + up, 2, "unknown option -x"),
                new Case("sign b --kye=hidden" + up, 2, "unknown option --kye"),
                new Case("status hf_hidden0" + up, 2, "what is (a key)?"),
                new Case("status" + gone, 1, "no gateway answers at http://127.0.0.1:9"),
                new Case("status --url UPSTREAM", 1, "is not a gateway"),
                new Case("status --watch --url UPSTREAM", 1, "is not a gateway"),
                new Case("check-config --config F/folder", 2, "folder: cannot be read"),
                new Case("check-config --config F/none", 2, "none: does not exist"),
                new Case("check-config --config F/latin", 2, "latin: is not UTF-8 text"),
                new Case(
                        "check-config --config F/no-tls",
                        2,
                        "server.tls.cert: there is no readable"),
                new Case("check-config --config F/bad-path", 2, "routes[0].call.path"),
                new Case("check-config --config F/bad-rates", 2, "rates.url"),
                new Case("serve --config F/none", 2, "none: does not exist"),
                new Case("rates --config F/none", 2, "none: does not exist"),
                new Case("keys list --config F/folder", 2, "folder: cannot be read"),
                new Case("keys create x --config F/none", 2, "none: does not exist"),
                new Case("demo --port 70000", 2, "--port is 0 to 65535"),
                new Case("simulate upstream --port 70000", 2, "a port is 0 to 65535"),
                new Case("simulate upstream --port 0 --log F/folder", 1, "cannot write"),
                new Case("simulate upstream --port 0 --key-file F/folder", 2, "--key-file"),
                new Case("simulate upstream --port 0 --key-file F/words", 2, "holds no RSA key"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void oneLineSaysWhatIsWrongAndNoFileIsTouched(Case trouble) throws IOException {
        Map<String, String> before = files();

        Ran ran = run(words(trouble.line()));

        assertThat(ran.err().lines().toList().getLast()).contains(trouble.says());
        assertThat(ran.status()).isEqualTo(trouble.status());
        assertThat(ran.err())
                .doesNotContain("this is a bug", "Exception", "hidden", KEY)
                .satisfies(
                        err -> assertThat(err.lines().filter(l -> !l.startsWith("["))).hasSize(1));
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void aKeyIsTrimmedAndNeverShown() {
        for (String good : List.of(KEY + "\n", " " + KEY + "\r\n")) {
            assertThat(run("status", "--url", url(), "--key", good).status()).isZero();
        }
        for (String bad : List.of("other-key-0123456789abcdef", KEY + "\nX: y", "schl\u00fcssel")) {
            for (String command : List.of("status", "sign a")) {
                Ran ran = run((command + " --url " + url() + " --key").split(" "), bad);

                assertThat(ran.status()).isEqualTo(2);
                assertThat(ran.err()).hasLineCount(1).contains("key").doesNotContain(bad.strip());
                assertThat(ran.err()).doesNotContain(KEY);
            }
        }
    }

    @Test
    void whatBeginsWithASignIsAMessage() throws IOException {
        Ran ran = run(words("sign @F/notes @@twice --url URL -- -x --url"));

        assertThat(ran.status()).isZero();
        assertThat(messages(ran.out()))
                .containsExactlyInAnyOrder("@" + folder + "/notes", "@@twice", "-x", "--url");
    }

    @Test
    void everyFormOfAFileOfMessagesIsRead() throws IOException {
        assertThat(messages(run(words("sign --file F/crlf --url URL")).out()))
                .containsExactlyInAnyOrder("one", "two");
        assertThat(messages(run(words("sign --file F/words-link --url URL")).out()))
                .containsExactlyInAnyOrder("alpha", "beta", "gamma");
        assertThat(run(words("sign --file F/empty --url URL")))
                .isEqualTo(new Ran(0, "", "holdfast: " + folder + "/empty has no message\n"));
    }

    @Test
    void theRoutesOwnFieldIsWritten() throws IOException {
        assertThat(json(run(words("sign m --route /echo --url URL")).out()).path("echo").isObject())
                .isTrue();
        JsonNode named = json(run(words("sign m --route /named/error --url URL")).out());
        assertThat(named.path("result").asText()).isNotEmpty();
        assertThat(named.has("error")).isFalse();
    }

    @Test
    void aFileIsContinuedWhereverItStopped() throws IOException {
        write("whole", RECORD);
        write("cut", RECORD + "\n{\"message\":\"b\",\"signatu");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("cut"));

        assertThat(run(words("sign a --out F/whole --url URL")).status()).isZero();
        assertThat(folder.resolve("whole")).content().isEqualTo(RECORD + "\n");
        assertThat(run(words("sign a c --out F/whole --url URL")).status()).isZero();
        assertThat(messages(Files.readString(folder.resolve("whole")))).containsExactly("a", "c");
        assertThat(run(words("sign a b --out F/link --url URL")).status()).isZero();
        assertThat(Files.isSymbolicLink(folder.resolve("link"))).isTrue();
        assertThat(messages(Files.readString(folder.resolve("cut")))).containsExactly("a", "b");
    }

    @Test
    void aFileThatAnotherRunWritesToIsLeftToIt() {
        try (var other = new SignedFile(folder.resolve("shared"))) {
            other.begin();
            Ran ran = run(words("sign b --out F/shared --url URL"));

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err()).hasLineCount(1).contains("another program is writing to");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "sign --help",
                "sign a b --url URL",
                "status --url URL",
                "status --watch --url URL",
                "check-config --config F/config",
                "keys list --config F/config"
            })
    void outputThatNobodyGetsIsAFailure(String command) throws IOException {
        assumeThat(FULL).exists();
        write(
                "config",
                "upstreams: { synthesia: { headers: {} } }\nstore: { url: \"sqlite:%s/h.db\" }"
                        .formatted(folder));
        var err = new StringWriter();
        CommandLine line = CommandLines.root();
        try (var out = new PrintWriter(FULL.toFile(), StandardCharsets.UTF_8)) {
            line.setOut(out);
            line.setErr(new PrintWriter(err, true));

            assertThat(CommandLines.execute(line, words(command))).isEqualTo(1);
        }
        assertThat(err.toString()).isEqualTo(StandardOutput.LOST + "\n");
    }

    /**
     * With it or without others: what nobody has seen opens nothing, and an open gateway stays so.
     */
    @Test
    void aKeyThatNobodySawIsNotMade() throws IOException {
        assumeThat(FULL).exists();
        write(
                "config",
                "upstreams: { synthesia: { headers: {} } }\nstore: { url: \"sqlite:%s/h.db\" }"
                        .formatted(folder));
        String list = "keys list --config F/config";
        for (String before : List.of("", "keys create shop --config F/config")) {
            if (!before.isEmpty()) {
                assertThat(run(words(before)).status()).isZero();
            }
            String known = run(words(list)).out();
            var err = new StringWriter();
            CommandLine line = CommandLines.root();
            try (var out = new PrintWriter(FULL.toFile(), StandardCharsets.UTF_8)) {
                line.setOut(out);
                line.setErr(new PrintWriter(err, true));

                String[] create = words("keys create shop --config F/config");
                assertThat(CommandLines.execute(line, create)).isEqualTo(1);
            }
            assertThat(err.toString()).isEqualTo(StandardOutput.LOST + "; no key was made\n");
            assertThat(run(words(list)).out()).isEqualTo(known);
        }
        assertThat(run(words(list)).out().lines().skip(1)).hasSize(1);
    }

    @Test
    void aFileThatCannotTakeMoreIsAFailureBeforeTheBarIsFull() {
        assumeThat(FULL).exists();

        Ran ran = run(words("sign --file F/words --out /dev/full --url URL"));

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .contains("cannot write /dev/full: No space left")
                .doesNotContain("3/3");
    }

    /** The real thing: a process whose reader has gone. */
    @ParameterizedTest
    @ValueSource(
            strings = {"exec \"$@\" >&-", "\"$@\" >/dev/full", "set -o pipefail; \"$@\" | true"})
    void aPipeThatIsClosedIsAFailure(String shell) throws Exception {
        assumeThat(FULL).exists();
        Process process =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                shell,
                                "bash",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "--help")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err).contains(StandardOutput.LOST);
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> found = new HashMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                found.put(
                        file.getFileName().toString(),
                        Files.isDirectory(file)
                                ? "folder"
                                : Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return found;
    }

    private static String url() {
        return serve.uri().toString();
    }

    private String[] words(String line) {
        return Stream.of(line.split(" "))
                .map(word -> word.replaceFirst("F/", folder + "/"))
                .map(word -> word.replaceFirst("^UPSTREAM", upstream.uri().toString()))
                .flatMap(
                        word ->
                                word.startsWith("URL")
                                        ? Stream.of(url() + word.substring(3), "--key", KEY)
                                        : Stream.of(word))
                .toArray(String[]::new);
    }

    private static Ran run(String[] words, String last) {
        String[] all = java.util.Arrays.copyOf(words, words.length + 1);
        all[words.length] = last;
        return run(all);
    }

    /** Runs it with the world's key, unless it brings one. */
    private static Ran run(String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return new Ran(CommandLines.execute(line, words), out.toString(), err.toString());
    }

    private static JsonNode json(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    private static List<String> messages(String lines) throws IOException {
        return lines.lines()
                .map(
                        line -> {
                            try {
                                return json(line).path("message").asText();
                            } catch (IOException e) {
                                throw new AssertionError(line, e);
                            }
                        })
                .toList();
    }
}
