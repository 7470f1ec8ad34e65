package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParamsTest {
    private static final TreeMap<String, String> NONE = new TreeMap<>();

    @Test
    void whatIsWrittenIsReadAgainEachAsWhatItWas() {
        TreeMap<String, String> texts = new TreeMap<>(Map.of("b", "5", "d", "\"é\n"));
        TreeMap<String, String> values =
                new TreeMap<>(Map.of("a", "5", "c", "{\"x\":[1.0,null]}", "e", "-0.10e+400"));

        String written = Params.write(texts, values);

        assertThat(written)
                .isEqualTo(
                        "{\"a\":5,\"b\":\"5\",\"c\":{\"x\":[1.0,null]},\"d\":\"\\\"é\\n"
                                + "\",\"e\":-0.10e+400}");
        assertThat(Params.read(written)).isEqualTo(new Params(texts, values));
        assertThat(Params.read(Params.write(texts, NONE))).isEqualTo(Params.of(texts));
    }

    @Test
    void aTextAndAValueOfTheSameLettersAreTwoCalls() {
        TreeMap<String, String> five = new TreeMap<>(Map.of("n", "5"));

        assertThat(JobKey.of("/r", five, NONE)).isNotEqualTo(JobKey.of("/r", NONE, five));
        assertThat(JobKey.of("/r", five, NONE)).isEqualTo(JobKey.of("/r", five));
    }

    @Test
    void whatIsNoJsonIsNotWrittenAsIfItWere() {
        for (String wrong : new String[] {"", "1,\"x\":2", "{", " 5", "{\"a\": 1}", "nul"}) {
            assertThatThrownBy(() -> Params.write(NONE, new TreeMap<>(Map.of("n", wrong))))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "5", "{", "{\"a\":1", "{\"a\":1}{", "{\"a\":{\"b\":1,\"b\":2}}"})
    void whatIsNoObjectIsRefused(String text) {
        assertThatThrownBy(() -> Params.read(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "5 | 5",
                " 1.0E+2 | 1.0E+2",
                "123456789012345678901234567890 | 123456789012345678901234567890",
                "{ \"a\" : [ 1 , true ] } | {\"a\":[1,true]}",
                "\"x\" | \"x\"",
                "null | null",
            })
    void aValueKeepsEveryDigitAndLosesItsBlanks(String text, String value) {
        assertThat(JsonValue.of(text)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "01",
                "+1",
                ".5",
                "1.",
                "NaN",
                "tru",
                "'a'",
                "1 2",
                "[1,]",
                "{\"a\"}",
                "{\"a\":1,\"a\":2}",
                "[{\"a\":1,\"a\":1}]",
                "\"\ud800\"",
                "\"\\ud800\"",
                "{\"\\udc00\":1}"
            })
    void whatIsNotOneValueIsNone(String text) {
        assertThat(JsonValue.of(text)).isNull();
    }
}
