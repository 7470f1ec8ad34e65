package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextsTest {
    @Test
    void whatIsWrittenIsReadInItsOrder() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("message", "a \"b\" \\ \u0001 é 🙂");
        texts.put("", "");
        texts.put("a", "{\"b\":[1]}");

        String written = Texts.write(texts);

        assertThat(written)
                .isEqualTo(
                        "{\"message\":\"a \\\"b\\\" \\\\ \\u0001 é 🙂\",\"\":\"\","
                                + "\"a\":\"{\\\"b\\\":[1]}\"}");
        assertThat(Texts.read(written)).containsExactlyEntriesOf(texts);
    }

    @Test
    void nothingIsAnEmptyObject() {
        assertThat(Texts.write(Map.of())).isEqualTo("{}");
        assertThat(Texts.read("{}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{\"a\"}",
                "{\"a\":1}",
                "{\"a\":{}}",
                "{\"a\":[\"b\"]}",
                "{} {}",
                "{\"a\":\"b\",}"
            })
    void whatIsNoObjectOfStringsIsRefused(String text) {
        assertThatThrownBy(() -> Texts.read(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
