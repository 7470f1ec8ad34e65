package dev.holdfast.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReferenceTest {
    private static final Pattern MONTH =
            Pattern.compile("(?i)window: *\"?(30d|720h|P30D)|(calls|limit[^\n]{0,20}) in 30 days");

    /** Surefire runs in the module's folder. */
    private static final Path DOCUMENT = Path.of("../docs/configuration.md");

    @Test
    void theReferenceSaysWhatTheCodeReads() throws IOException {
        String markdown = Reference.markdown();
        if (Boolean.getBoolean("holdfast.write-docs")) {
            Files.createDirectories(DOCUMENT.getParent());
            Files.writeString(DOCUMENT, markdown);
        }

        assertThat(DOCUMENT).content().isEqualTo(markdown);
    }

    /** A window of 30 days allows twice a calendar month's plan around the end of a long one. */
    @Test
    void whatWeShowOfAMonthIsTheLongestMonth() throws IOException {
        List<Path> shown = new ArrayList<>();
        for (String root :
                List.of("../README.md", "../docs", "../packaging", "../ops", "src/main")) {
            try (Stream<Path> files = Files.walk(Path.of(root))) {
                files.filter(Files::isRegularFile)
                        .filter(ReferenceTest::isText)
                        .forEach(shown::add);
            }
        }
        int months = 0;
        for (Path file : shown) {
            String text = Files.readString(file);
            assertThat(MONTH.matcher(text).find()).as("%s", file).isFalse();
            months += text.contains("window: 31d") ? 1 : 0;
        }
        assertThat(months).as("files that show a month's plan").isPositive();
    }

    private static boolean isText(Path file) {
        return file.toString().matches(".*\\.(md|java|ya?ml|json|sh|txt)");
    }
}
