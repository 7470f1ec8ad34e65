package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.app.build.Tools.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code packaging/jdk/fetch} against a local server, with part of the JDK that runs this as the
 * archive.
 */
class JdkFetchTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path JAVA = Path.of(System.getProperty("java.home"));
    @TempDir static Path shared;
    @TempDir Path folder;

    private Tools tools;

    private static byte[] archive;
    private static String digest;
    private static Path certificate;
    private static KeyStore keys;

    @BeforeAll
    static void packs() throws Exception {
        Path jdk = shared.resolve("jdk-25+x");
        here(
                JAVA.resolve("bin/jlink").toString(),
                "--add-modules",
                "java.base,jdk.compiler",
                "--output",
                jdk.toString());
        Path packed = shared.resolve("jdk.tar.gz");
        here("tar", "-C", shared.toString(), "-I", "gzip -1", "-cf", packed.toString(), "jdk-25+x");
        archive = Files.readAllBytes(packed);
        digest = sha256(archive);

        Path store = shared.resolve("keys.p12");
        here(
                JAVA.resolve("bin/keytool").toString(),
                ("-genkeypair -alias localhost -keyalg EC -dname CN=localhost -validity 2 -ext"
                                + " san=dns:localhost -ext bc:c -storetype PKCS12 -storepass"
                                + " changeit -keystore "
                                + store)
                        .split(" "));
        keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        certificate = shared.resolve("company.pem");
        Files.writeString(
                certificate,
                "-----BEGIN CERTIFICATE-----\n"
                        + java.util.Base64.getMimeEncoder()
                                .encodeToString(keys.getCertificate("localhost").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
    }

    @BeforeEach
    void begins() throws IOException {
        tools = Tools.none();
    }

    @AfterEach
    void ends() throws IOException {
        tools.delete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "wget", "openssl", "busybox"})
    void aDownloadThatBreaksGoesOnWhereItBroke(String program) throws Exception {
        assumeTrue(Tools.has(program), program + " is not here");
        if (program.equals("busybox")) {
            tools.busybox(concat(Tools.USUAL, "wget"));
        } else {
            tools.with(concat(Tools.USUAL, program));
        }
        // openssl alone speaks no HTTP without TLS; busybox's wget checks no certificate.
        try (var server = new ArchiveServer(archive, 2, program.equals("busybox") ? null : tls())) {
            Said said = fetch(variables(server.url("/moved")));

            assertThat(said.status()).as(said.err()).isZero();
            assertThat(server.asked).hasSize(3).isSorted();
            assertThat(server.asked.get(1)).isGreaterThanOrEqualTo(archive.length / 3 - 65536);
            Path home = Path.of(said.out().strip());
            assertThat(runs(home.resolve("bin/javac"))).contains("javac 25");
            assertThat(left()).isEmpty();

            // The second time it is there.
            assertThat(fetch(variables(server.url("/moved"))).out()).isEqualTo(said.out());
            assertThat(server.asked).hasSize(3);
        }
    }

    @Test
    void theJdkTrustsWhatACompanysCertificatesSay() throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        try (var server = new ArchiveServer(archive, 0, tls())) {
            Said said = fetch(variables(server.url("/jdk.tar.gz")));

            assertThat(said.status()).as(said.err()).isZero();
            Path trusted = Path.of(said.out().strip()).resolve("lib/security/cacerts");
            KeyStore store = KeyStore.getInstance(trusted.toFile(), "changeit".toCharArray());
            assertThat(store.getCertificateAlias(keys.getCertificate("localhost"))).isNotNull();

            Map<String, String> without = variables(server.url("/jdk.tar.gz"));
            without.put("CURL_CA_BUNDLE", "");
            without.put("XDG_CACHE_HOME", folder.resolve("other").toString());
            assertThat(fetch(without).err()).containsIgnoringCase("certificate");
        }
    }

    @Test
    void whatABrokenRunLeftIsNotFetchedAgain() throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        int half = archive.length / 2;
        Path part = cache().resolve(digest.substring(0, 16) + ".tar.gz.part");
        Files.createDirectories(part.getParent());
        Files.write(part, java.util.Arrays.copyOf(archive, half));
        try (var server = new ArchiveServer(archive, 0, null)) {
            Said said = fetch(variables(server.url("/jdk.tar.gz")));

            assertThat(said.status()).as(said.err()).isZero();
            assertThat(server.asked).containsExactly(half);
        }
    }

    @Test
    void whatIsNotExpectedIsRefusedAndDeleted() throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        byte[] other = archive.clone();
        other[other.length / 2] ^= 1;
        try (var server = new ArchiveServer(other, 0, null)) {
            Said said = fetch(variables(server.url("/jdk.tar.gz")));

            assertThat(said.status()).isEqualTo(1);
            assertThat(said.err()).contains("deleted").contains(sha256(other)).contains(digest);
            assertThat(left()).isEmpty();
            assertThat(cache().resolve(digest.substring(0, 16))).doesNotExist();
        }
    }

    @Test
    void withoutANetworkOneErrorSaysWhatToDo() throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        String nobody;
        try (var server = new ArchiveServer(archive, 0, null)) {
            nobody = server.url("/jdk.tar.gz");
        }
        Said said = fetch(variables(nobody));

        assertThat(said.status()).isEqualTo(1);
        assertThat(said.err().lines().filter(line -> line.contains("needs a JDK"))).hasSize(1);
        assertThat(said.err())
                .contains(nobody)
                .contains("connect")
                .contains("https_proxy")
                .contains("HOLDFAST_JDK_URL")
                .contains("JAVA_HOME");
    }

    @Test
    void nothingIsFetchedWhereItIsForbidden() throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        try (var server = new ArchiveServer(archive, 0, null)) {
            Map<String, String> variables = variables(server.url("/jdk.tar.gz"));
            variables.put("HOLDFAST_FETCH_JDK", "no");
            Said said = fetch(variables);

            assertThat(said.status()).isEqualTo(1);
            assertThat(said.err()).contains("HOLDFAST_FETCH_JDK=no");
            assertThat(server.asked).isEmpty();
        }
    }

    @Test
    void aSystemForWhichNothingIsPinnedIsToldWhatToSet() throws Exception {
        tools.with(Tools.USUAL).script("uname", "#!/bin/sh\necho Haiku\n");
        Map<String, String> variables = variables("");
        variables.put("HOLDFAST_JDK_SHA256", "");
        Said said = fetch(variables);

        assertThat(said.status()).isEqualTo(1);
        assertThat(said.err())
                .contains("Haiku-Haiku")
                .contains("HOLDFAST_JDK_URL and HOLDFAST_JDK_SHA256");
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "env"})
    void twoAtOnceFetchOnce(String lockedBy) throws Exception {
        tools.with(concat(Tools.USUAL, "curl"));
        tools.with(List.of(lockedBy));
        try (var server = new ArchiveServer(archive, 1, null)) {
            var command = command();
            var one = tools.started(folder, variables(server.url("/jdk.tar.gz")), command);
            var two = tools.started(folder, variables(server.url("/jdk.tar.gz")), command);

            assertThat(Tools.ended(one).status()).isZero();
            assertThat(Tools.ended(two).status()).isZero();
            assertThat(server.asked).hasSize(2);
        }
    }

    @Test
    void oneReleaseIsPinnedForEachSystem() throws IOException {
        List<String[]> pinned =
                Files.readAllLines(ROOT.resolve("packaging/jdk/pinned")).stream()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.split(" +"))
                        .toList();

        assertThat(pinned.stream().map(line -> line[0]))
                .containsExactly("linux-x64", "linux-aarch64", "mac-x64", "mac-aarch64");
        assertThat(pinned).allMatch(line -> line[1].matches("[0-9a-f]{64}"));
        assertThat(pinned.stream().map(line -> line[1]).distinct()).hasSize(4);
        assertThat(pinned.stream().map(line -> line[2].replaceAll("/OpenJDK.*", "")).distinct())
                .hasSize(1);
        for (String[] line : pinned) {
            String[] system = line[0].split("-", -1);
            assertThat(line[2]).contains("jdk_" + system[1] + "_" + system[0] + "_hotspot_25");
        }
    }

    private Said fetch(Map<String, String> variables) throws Exception {
        return tools.run(folder, variables, command());
    }

    private List<String> command() {
        return List.of(
                tools.shell(),
                "-euc",
                "home='%s'; . \"$home/.ci/jdk\"; jdk_seen=''; . \"$home/packaging/jdk/fetch\"; fetch_jdk || exit 1; printf '%%s\\n' \"$JAVA_HOME\""
                        .formatted(ROOT),
                "holdfast");
    }

    private Map<String, String> variables(String url) {
        var variables = new HashMap<String, String>();
        variables.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        variables.put("HOLDFAST_JDK_URL", url);
        variables.put("HOLDFAST_JDK_SHA256", digest);
        variables.put("CURL_CA_BUNDLE", certificate.toString());
        return variables;
    }

    private Path cache() {
        return folder.resolve("cache/holdfast/jdk");
    }

    /** Parts of downloads that are still there. */
    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(cache())) {
            return files.filter(file -> file.toString().contains(".part")).toList();
        }
    }

    private static SSLContext tls() throws Exception {
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private static List<String> concat(List<String> programs, String more) {
        var all = new ArrayList<>(programs);
        all.add(more);
        return all;
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String runs(Path program) throws Exception {
        var process =
                new ProcessBuilder(program.toString(), "-version")
                        .redirectErrorStream(true)
                        .start();
        return new String(
                process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void here(String program, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
