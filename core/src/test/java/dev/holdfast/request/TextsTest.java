package dev.holdfast.request;

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

    @Test
    void everyWayToWriteACharacterIsRead() {
        assertThat(Texts.read("{\"a\":\"\\b\\f\\n\\r\\t\\/\\u00e9\\uD83D\\uDE42\"}"))
                .containsExactly(Map.entry("a", "\b\f\n\r\t/é🙂"));
        assertThat(Texts.write(Map.of("a", "\b\f\n\r\t/\u001f\u007f")))
                .isEqualTo("{\"a\":\"\\b\\f\\n\\r\\t/\\u001F\u007f\"}");
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
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u00g0\"}",
                "{\"a\":\"\\u00",
                "{\"a\":\"b\nc\"}",
                "{\"a\":{}}",
                "{\"a\":[\"b\"]}",
                "{} {}",
                "{\"a\":\"b\",}"
            })
    void whatIsNoObjectOfStringsIsRefused(String text) {
        assertThatThrownBy(() -> Texts.read(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
