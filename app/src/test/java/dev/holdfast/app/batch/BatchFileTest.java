package dev.holdfast.app.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.batch.BatchFile.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchFileTest {
    @TempDir Path folder;

    private BatchFile file(String text, int partLines) throws IOException {
        return new BatchFile(Files.writeString(folder.resolve("asks"), text), partLines);
    }

    private static String read(BatchFile file, Part part) throws IOException {
        try (InputStream in = file.open(part)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void partsHaveAllLinesInOrder() throws IOException {
        BatchFile file = file("a\nb\n\nc\n\u00e4\nlast", 2);
        List<Part> parts = file.parts();

        assertThat(file.lines()).isEqualTo(6);
        assertThat(parts).extracting(Part::before).containsExactly(0, 2, 4);
        assertThat(parts).extracting(Part::lines).containsExactly(2, 2, 2);
        assertThat(read(file, parts.get(0))).isEqualTo("a\nb\n");
        assertThat(read(file, parts.get(1))).isEqualTo("\nc\n");
        assertThat(read(file, parts.get(2))).isEqualTo("\u00e4\nlast");
        assertThat(file("a\nb\n", 2).parts()).hasSize(1);
        assertThat(file("", 2).parts()).isEmpty();
    }

    @Test
    void aPartIsKnownByWhatIsInIt() throws IOException {
        String key = SentBatch.key(file("a\nb\nc\n", 2).parts().getLast(), null);
        assertThat(SentBatch.key(file("a\nb\nc\n", 2).parts().getLast(), null)).isEqualTo(key);
        assertThat(SentBatch.key(file("a\nb\nd\n", 2).parts().getLast(), null)).isNotEqualTo(key);
        assertThat(SentBatch.key(file("a\nb\nc\n", 2).parts().getLast(), "1")).isNotEqualTo(key);
        assertThat(key).hasSizeLessThan(256);
    }
}
