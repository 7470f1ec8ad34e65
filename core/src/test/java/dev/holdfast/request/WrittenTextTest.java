package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class WrittenTextTest {
    private static final List<String> SPECIAL =
            List.of(
                    "",
                    "?",
                    "\"",
                    "\\",
                    "\u0000",
                    "\u001f",
                    " ",
                    "!",
                    "\u007f",
                    "\u0080",
                    "é",
                    "\uD800",
                    "\uDC00",
                    "\uD83D\uDE00",
                    "\uFFFF",
                    "[",
                    "]",
                    "#");

    /** Plain text up to a place, something there, and plain text after it. */
    @Test
    void everyCharacterIsWrittenWhereverItStands() throws IOException {
        for (String special : SPECIAL) {
            for (int before = 0; before < 18; before++) {
                for (int after : new int[] {0, 1, WrittenText.LONG_CHARS + before}) {
                    String text = "a".repeat(before) + special + "z".repeat(after);
                    String written = new ObjectMapper().readValue(written(text), String.class);
                    assertThat(written).isEqualTo(WellFormed.of(text));
                }
            }
        }
    }

    @Test
    void isWrittenToCharactersToo() throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            WrittenText.write(json, "b".repeat(WrittenText.LONG_CHARS));
        }
        assertThat(out).hasToString('"' + "b".repeat(WrittenText.LONG_CHARS) + '"');
    }

    private static String written(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            WrittenText.write(json, text);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
