package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the build itself is made with. */
class BuildFilesTest {
    private static final Path ROOT = Path.of("..");

    /** {@code ./holdfast} and the image build with {@code -Dmaven.test.skip}: no tests, no jar. */
    @Test
    void noModuleNeedsTestsOfAnotherWhereTestsAreLeftOut() throws IOException {
        List<Path> poms;
        try (Stream<Path> modules = Files.list(ROOT)) {
            poms = modules.map(module -> module.resolve("pom.xml")).filter(Files::exists).toList();
        }
        assertThat(poms).hasSizeGreaterThan(5);
        for (Path pom : poms) {
            String always = Files.readString(pom).replaceAll("(?s)<profiles>.*</profiles>", "");
            assertThat(always).as(pom.toString()).doesNotContain("<type>test-jar</type>");
        }
    }

    @Test
    void theMavenThatBuildsIsPinnedByItsDigest() throws IOException {
        Path wrapper = ROOT.resolve(".mvn").resolve("wrapper").resolve("maven-wrapper.properties");
        assertThat(Files.readString(wrapper))
                .containsPattern("(?m)^distributionSha256Sum=[0-9a-f]{64}$")
                .containsPattern("(?m)^distributionTarSha256Sum=[0-9a-f]{64}$"); // without unzip
        assertThat(Files.readString(ROOT.resolve("mvnw")))
                .contains("distributionSha256Sum=\"${distributionTarSha256Sum-}\"");
    }

    @Test
    void baseImagesAreNamedAtTheTopOfTheDockerfileAlone() throws IOException {
        List<String> lines = Files.readAllLines(ROOT.resolve("Dockerfile"));
        List<String> from = lines.stream().filter(line -> line.startsWith("FROM ")).toList();
        int first = lines.indexOf(from.getFirst());

        assertThat(lines.subList(0, first).stream().filter(line -> line.startsWith("ARG ")))
                .hasSize(2)
                .allMatch(line -> line.matches("ARG (JDK|SYSTEM)=\\S+"));
        assertThat(from)
                .allMatch(
                        line ->
                                line.matches(
                                        "FROM (\\$\\{JDK}|\\$\\{SYSTEM}|scratch)( AS [a-z]+)?"));
    }
}
