package dev.holdfast.app.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AskedForTest {
    @TempDir Path folder;

    private BatchFile asks() throws IOException {
        String lines =
                """
                {"route":"/crypto/sign","params":{"message":"first"}}
                {"route":"/crypto/sign","params":{"message":"grün \\u00e4","size":7}}
                hello
                """;
        return new BatchFile(Files.writeString(folder.resolve("asks"), lines), 100);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"line\":1,\"params\":{\"message\":\"first\"}}",
                "{\"line\":2,\"params\":{\"size\":\"7\",\"message\":\"grün ä\",\"more\":\"x\"}}",
                "{\"line\":3,\"status\":\"succeeded\"}",
                "{\"line\":2,\"status\":\"succeeded\"}"
            })
    void aResultOfTheSameTextsIsTheLines(String result) throws IOException {
        assertThat(AskedFor.by(asks(), result)).isTrue();
    }

    @Test
    void aResultOfAnotherTextIsNot() throws IOException {
        assertThat(AskedFor.by(asks(), "{\"line\":2,\"params\":{\"message\":\"first\"}}"))
                .isFalse();
    }
}
