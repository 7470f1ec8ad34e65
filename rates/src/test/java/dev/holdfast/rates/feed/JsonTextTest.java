package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Holds the scanner against Jackson's parser: the same texts are JSON to both. */
class JsonTextTest {
    private static final String[] SEEDS = {
        "{\"type\":\"message\",\"id\":456,\"payload\":{\"odds\":2.2,\"stake\":-253.67e+5,\"currency\":\"USD\"}}",
        " { \"a\" : [ 1 , -0.5E-7, true , false,null, \"x\\u00e9\\n\\\"\\\\/\", {} , [] , [[{\"b\":0}]] ] } ",
        "[0,10,-0,1.50,1e5,\"\",\"\\ud83d\\ude00\",{\"\":\"\\b\\f\\r\\t\\/\"}]",
        "\"text\"",
        "-12.5e3",
        "null"
    };
    private static final String PIECES =
            "{}[]:,\"\\/ \t\n\r0123456789-+.eEtrufalsnbx\u0000\u001f\u007f\u00e9\ufeff";

    private final JsonFactory jackson =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(JsonText.MAX_DEPTH)
                                    .build())
                    .build();

    @Test
    void whatIsJsonToJacksonIsJsonAndNothingElse() {
        Random random = new Random(8259);
        int json = 0;
        for (int i = 0; i < 300_000; i++) {
            String text = mutated(random, SEEDS[random.nextInt(SEEDS.length)]);
            boolean expected = isJsonToJackson(text);
            if (expected != isJson(text)) {
                assertThat(isJson(text)).as(text).isEqualTo(expected);
            }
            json += expected ? 1 : 0;
        }
        assertThat(json).isBetween(20_000, 280_000);
    }

    @Test
    void stringsSayWhatTheySayToJackson() throws IOException {
        Random random = new Random(17);
        for (int i = 0; i < 100_000; i++) {
            String text = mutated(random, "\"a\\u00e9\\n\\\"\\\\\\/\\b\\f\\r\\t\\ud83d\\ude00z\"");
            if (text.startsWith("\"") && JsonText.string(text.toCharArray(), 0) == text.length()) {
                try (JsonParser parser = jackson.createParser(text)) {
                    parser.nextToken();
                    assertThat(JsonText.unquoted(text, 0, text.length()))
                            .isEqualTo(parser.getText());
                }
            }
        }
    }

    @Test
    void nestingHasItsLimit() {
        int limit = JsonText.MAX_DEPTH;
        assertThat(isJson("[".repeat(limit) + "]".repeat(limit))).isTrue();
        assertThat(isJson("[".repeat(limit + 1) + "]".repeat(limit + 1))).isFalse();
    }

    private static String mutated(Random random, String seed) {
        StringBuilder text = new StringBuilder(seed);
        for (int k = random.nextInt(4); k > 0 && !text.isEmpty(); k--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(3)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, PIECES.charAt(random.nextInt(PIECES.length())));
                default -> text.setCharAt(at, PIECES.charAt(random.nextInt(PIECES.length())));
            }
        }
        return text.toString();
    }

    private static boolean isJson(String text) {
        char[] chars = text.toCharArray();
        int end = JsonText.value(chars, JsonText.space(chars, 0), JsonText.MAX_DEPTH);
        return end >= 0 && JsonText.space(chars, end) == chars.length;
    }

    private boolean isJsonToJackson(String text) {
        try (JsonParser parser = jackson.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            parser.getText();
            return parser.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }
}
