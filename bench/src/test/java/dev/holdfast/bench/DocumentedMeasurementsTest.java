package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

/** Each {@code ./holdfast bench …} that README and the documents name is one that it takes. */
class DocumentedMeasurementsTest {
    private static final Path ROOT = Path.of("..");

    /** In a block of what is typed, or between backquotes in a sentence. */
    private static final Pattern NAMED =
            Pattern.compile("(?m)(?:^|`)(?:\\./)?holdfast bench ([^#\\n`…]+)");

    @Test
    void eachMeasurementOfADocumentIsTakenWithItsOptions() throws IOException {
        List<String> wrong = new ArrayList<>();
        int taken = 0;
        for (Path page : pages()) {
            List<String> lines =
                    NAMED.matcher(Files.readString(page)).results().map(m -> m.group(1)).toList();
            for (String line : lines) {
                try {
                    Main.root().parseArgs(line.strip().split("\\s+"));
                    taken++;
                } catch (ParameterException e) {
                    wrong.add(page + ": " + line + ": " + e.getMessage());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(taken).as("measurements that the documents name").isGreaterThan(25);
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> documents = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of("README.md", "SECURITY.md", "CONTRIBUTING.md")
                                    .map(ROOT::resolve),
                            documents.filter(file -> file.toString().endsWith(".md")))
                    .toList();
        }
    }
}
