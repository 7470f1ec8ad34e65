package dev.holdfast.app.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultLinesTest {
    private static final PrintWriter NOWHERE = new PrintWriter(Writer.nullWriter());

    @TempDir Path folder;

    @Test
    void aFileIsContinuedBehindItsLastWholeLine() throws IOException {
        Path file = folder.resolve("out");
        Files.writeString(
                file,
                "{\"line\":1,\"status\":\"succeeded\"}\n{\"line\":3,\"a\":1}\n{\"line\":4,\"st");
        try (ResultLines lines = new ResultLines(file, NOWHERE)) {
            assertThat(lines.last()).isEqualTo(3);
            assertThat(lines.failed()).isEqualTo(1);
            lines.begin();
            lines.write("{\"line\":4,\"b\":2}");
        }
        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "{\"line\":1,\"status\":\"succeeded\"}",
                        "{\"line\":3,\"a\":1}",
                        "{\"line\":4,\"b\":2}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mine",
                "mine\n",
                "{\"line\":1,\"a\":1}\nmine\n",
                "{\"line\":2,\"a\":1}\n{\"line\":1,\"a\":1}\n",
                "{\"line\":0,\"a\":1}\n",
                "{\"message\":\"m\"}\n",
                "\n"
            })
    void aFileThatIsNotItsOwnStaysAsItIs(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("out"), content);
        assertThatThrownBy(() -> new ResultLines(file, NOWHERE)).isInstanceOf(Failure.class);
        assertThat(file).hasContent(content);
    }

    @Test
    void nothingIsTouchedBeforeItBegins() {
        Path file = folder.resolve("new");
        try (ResultLines lines = new ResultLines(file, NOWHERE)) {
            assertThat(lines.last()).isZero();
        }
        assertThat(file).doesNotExist();
    }
}
