package dev.holdfast.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReferenceTest {
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
}
