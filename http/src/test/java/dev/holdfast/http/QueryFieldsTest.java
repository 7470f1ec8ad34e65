package dev.holdfast.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryFieldsTest {
    /** Bytes in hexadecimal behind {@code m=}, none of which are UTF-8 or well percent-encoded. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff", // no byte of UTF-8
                "c3", // the first half of a character
                "a9", // the second half of one
                "c328", // the first half and something else
                "c0af", // overlong
                "eda080", // half a surrogate pair
                "f4908080", // beyond Unicode
                "254333", // percent-encoded: the first half of a character
                "c3254139a9", // three bytes for two
                "25", // a percent sign alone
                "2534", // half of one
                "252b34", // signs are no digits
                "25b234" // nor is a superscript, which is one byte in Latin-1
            })
    void whatIsNotUtf8IsAMistakeInQueryAndForm(String hex) {
        byte[] value = HexFormat.of().parseHex(hex);
        String sent = "m=" + new String(value, ISO_8859_1);

        Mistakes query = new Mistakes();
        Mistakes form = new Mistakes();
        Map<String, Field> queried = QueryFields.read(sent, query);
        Map<String, Field> posted = QueryFields.read(sent.getBytes(ISO_8859_1), form);

        assertThat(fields(query)).containsExactly("m");
        assertThat(fields(form)).containsExactly("m");
        assertThat(queried).isEqualTo(posted).containsEntry("m", new Field.Unreadable());
    }

    @Test
    void aNameThatIsNotUtf8IsAMistakeOfItsPlace() {
        Mistakes query = new Mistakes();
        Mistakes form = new Mistakes();
        QueryFields.read("\u00ff=1", query);
        QueryFields.read("\u00ff=1".getBytes(ISO_8859_1), form);

        assertThat(fields(query)).containsExactly("query");
        assertThat(fields(form)).containsExactly("body");
    }

    private static List<String> fields(Mistakes mistakes) {
        return switch (mistakes.problem()) {
            case Problem.Invalid(_, List<Mistake> found) ->
                    found.stream().map(Mistake::field).toList();
            default -> throw new AssertionError();
        };
    }
}
