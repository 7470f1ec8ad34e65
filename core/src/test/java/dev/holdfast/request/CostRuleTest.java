package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostRuleTest {
    private static final CostRule RULE =
            new CostRule(
                    JsonPointer.compile("/max"),
                    1_000,
                    0.25,
                    16_000,
                    JsonPointer.compile("/usage/total"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"max":50}           | 0     | 50
                    {"max":50}           | 5     | 52
                    {"max":"50"}         | 0     | 50
                    {"max":49.2}         | 0     | 50
                    {"max":99999}        | 0     | 16000
                    {"max":50}           | 99999 | 16000
                    {"max":0}            | 0     | 0
                    {"max":-5}           | 0     | 1000
                    {"max":null}         | 0     | 1000
                    {"max":[]}           | 0     | 1000
                    {"max":1e30}         | 0     | 1000
                    {"max":1e999999999}  | 0     | 1000
                    {"max":1e2147483647} | 0     | 1000
                    {"max":0e2147483647} | 0     | 0
                    {"max":0.1}          | 0     | 1
                    {"max":5e2}          | 0     | 500
                    {"max":1e-600000000} | 0     | 1
                    {"max":1e-2147483646}| 0     | 1
                    {"other":1}          | 4     | 1001
                    {"max":              | 0     | 1000
                    not json             | 0     | 1000
                    """)
    void aReserveIsWhatIsSaidOrTheDefaultAndSoMuchAByteAndNoMoreThanTheMost(
            String body, long bytes, long reserve) {
        assertThat(RULE.reserve(() -> body, bytes)).isEqualTo(reserve);
    }

    @Test
    void whatItWasIsKnownOnlyFromAnAnswerThatSaysIt() {
        assertThat(RULE.actual(() -> "{\"usage\":{\"total\":7}}")).isEqualTo(7);
        assertThat(RULE.actual(() -> "{\"usage\":{\"total\":0}}")).isEqualTo(0);
        assertThat(RULE.actual(() -> "{\"usage\":{}}")).isNull();
        assertThat(RULE.actual(() -> "{\"usage\":{\"total\":\"x\"}}")).isNull();
        assertThat(RULE.actual(() -> "")).isNull();
    }

    @Test
    void costsReadAsTheyWereWritten() {
        Costs costs = Costs.of(Map.of("tokens", 1_200L, "points", 2L, "none", 0L));
        assertThat(costs.write()).isEqualTo("points=2 tokens=1200");
        assertThat(costs.units()).isEqualTo("points tokens");
        assertThat(Costs.read(costs.write())).isEqualTo(costs);
        assertThat(Costs.read(null)).isEqualTo(Costs.NONE);
    }
}
