package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * `./holdfast` and the image are built without tests, so nothing that they build may ask for
 * another module's.
 */
class BuildFilesTest {
    private static final Pattern ONLY_WITH_TESTS =
            Pattern.compile(
                    "<profile>(?:(?!</profile>).)*<name>!maven\\.test\\.skip</name>.*?</profile>",
                    Pattern.DOTALL);

    @Test
    void anotherModulesTestsAreAskedForOnlyWhereTestsAreBuilt() throws IOException {
        List<Path> poms;
        try (var modules = Files.list(Path.of(".."))) {
            poms =
                    modules.map(module -> module.resolve("pom.xml"))
                            .filter(Files::isRegularFile)
                            .toList();
        }
        int asked = 0;
        for (Path pom : poms) {
            String text = Files.readString(pom);
            String always = ONLY_WITH_TESTS.matcher(text).replaceAll("");
            assertThat(always).as("%s asks for test-jars", pom).doesNotContain("<type>test-jar");
            if (text.contains("<type>test-jar")) asked++;
        }
        assertThat(asked).as("modules that read core's tests").isPositive();
    }
}
