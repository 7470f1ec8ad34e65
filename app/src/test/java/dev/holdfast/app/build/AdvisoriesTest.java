package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Known vulnerabilities of what we bring along: a list that holds offline, and who asks OSV. */
@Timeout(120)
class AdvisoriesTest {
    private static final Path ASKS = Path.of("..", ".ci", "advisories");
    private static final String BILL =
            """
            {"components": [
              {"purl": "pkg:maven/dev.holdfast/holdfast-core@1?type=jar"},
              {"purl": "pkg:maven/a/b@1.0?type=jar"},
              {"purl": "pkg:maven/c/d@2.0?type=jar"}]}
            """;

    @TempDir private Path folder;

    private static final Path FLOORS = Path.of("..", "packaging", "advisories.txt");
    private static final Pattern FLOOR = Pattern.compile("([^:#\\s]+):(\\S+)\\s+(\\S+)\\s+(\\S+)");

    private record Floor(String group, String artifact, String least, String advisory) {}

    @Test
    void noLibraryIsOlderThanItsAdvisoryAllows() throws IOException {
        List<String> jars =
                List.of(System.getProperty("java.class.path").split(File.pathSeparator));
        List<String> old = new ArrayList<>();
        for (Floor floor : floors()) {
            String version = version(jars, floor);
            if (isOlder(version, floor.least())) {
                old.add(floor.artifact() + " " + version + ": " + floor.advisory());
            }
        }

        assertThat(old).isEmpty();
    }

    @Test
    void versionsAreComparedByTheirNumbers() {
        assertThat(isOlder("4.2.9.Final", "4.2.15.Final")).isTrue();
        assertThat(isOlder("4.2.15.Final", "4.2.15.Final")).isFalse();
        assertThat(isOlder("4.3.0.Final", "4.2.15.Final")).isFalse();
        assertThat(isOlder("1.9", "1.84")).isTrue();
        assertThat(isOlder("2.21", "2.21.4")).isTrue();
        assertThat(isOlder("5", "5.0")).isFalse();
    }

    @Test
    void aKnownVulnerabilityFails() throws IOException, InterruptedException {
        Told told = told(200, "{\"results\": [{}, {\"vulns\": [{\"id\": \"GHSA-1\"}]}]}");

        assertThat(told.status()).isEqualTo(1);
        assertThat(told.text()).contains("pkg:maven/c/d@2.0 has GHSA-1").contains("2 libraries");
        assertThat(told.asked())
                .contains("pkg:maven/a/b@1.0", "pkg:maven/c/d@2.0")
                .doesNotContain("holdfast");
    }

    @Test
    void noKnownVulnerabilityPasses() throws IOException, InterruptedException {
        Told told = told(200, "{\"results\": [{}, {}]}");

        assertThat(told.status()).isZero();
        assertThat(told.text()).contains("2 libraries asked about, 0 with");
    }

    @Test
    void whereNobodyCanBeAskedItSaysSoAndPasses() throws IOException, InterruptedException {
        for (int status : List.of(403, 503)) {
            Told told = told(status, "");

            assertThat(told.status()).isZero();
            assertThat(told.text()).contains("NOT ASKED");
        }
    }

    @Test
    void anAnswerToAnotherQuestionFails() throws IOException, InterruptedException {
        assertThat(told(200, "{\"results\": [{}]}").status()).isEqualTo(1);
        assertThat(told(200, "<html>").status()).isEqualTo(1);
        assertThat(told(400, "{}").status()).isEqualTo(1);
    }

    /**
     * @param asked the question
     * @param text what the one who asks says
     */
    private record Told(int status, String text, String asked) {}

    private Told told(int status, String answer) throws IOException, InterruptedException {
        Path bill = Files.writeString(folder.resolve("bill.json"), BILL);
        AtomicReference<String> asked = new AtomicReference<>("");
        HttpServer osv =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        osv.createContext(
                "/",
                exchange -> {
                    byte[] question = exchange.getRequestBody().readAllBytes();
                    asked.accumulateAndGet(
                            new String(question, StandardCharsets.UTF_8), String::concat);
                    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        osv.start();
        try {
            String url = "http://127.0.0.1:" + osv.getAddress().getPort() + "/v1/querybatch";
            ProcessBuilder builder =
                    new ProcessBuilder("python3", ASKS.toString(), bill.toString(), url)
                            .redirectErrorStream(true);
            builder.environment()
                    .keySet()
                    .removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
            Process process = builder.start();
            String text =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Told(process.waitFor(), text, asked.get());
        } finally {
            osv.stop(0);
        }
    }

    private static List<Floor> floors() throws IOException {
        List<Floor> floors = new ArrayList<>();
        for (String line : Files.readAllLines(FLOORS)) {
            Matcher matcher = FLOOR.matcher(line);
            if (!line.startsWith("#")) {
                assertThat(matcher.matches()).as(line).isTrue();
                floors.add(
                        new Floor(
                                matcher.group(1),
                                matcher.group(2),
                                matcher.group(3),
                                matcher.group(4)));
            }
        }
        assertThat(floors).isNotEmpty();
        return floors;
    }

    /** The version in the name of its jar. */
    private static String version(List<String> jars, Floor floor) {
        Pattern name = Pattern.compile(Pattern.quote(floor.artifact()) + "-([0-9].*)\\.jar");
        String folder = floor.group().replace('.', '/') + "/" + floor.artifact();
        for (String jar : jars) {
            Path path = Path.of(jar);
            Matcher matcher = name.matcher(path.getFileName().toString());
            if (path.getParent() != null
                    && path.getParent().toString().replace('\\', '/').contains(folder)
                    && matcher.matches()) {
                return matcher.group(1);
            }
        }
        throw new AssertionError(floor.artifact() + " is not used any more: take it off the list");
    }

    private static boolean isOlder(String version, String least) {
        String[] one = version.split("[.-]");
        String[] other = least.split("[.-]");
        for (int i = 0; i < Math.max(one.length, other.length); i++) {
            int difference = Integer.compare(number(one, i), number(other, i));
            if (difference != 0) {
                return difference < 0;
            }
        }
        return false;
    }

    private static int number(String[] parts, int index) {
        return index < parts.length && parts[index].matches("[0-9]+")
                ? Integer.parseInt(parts[index])
                : 0;
    }
}
