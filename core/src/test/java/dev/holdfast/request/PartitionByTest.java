package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionByTest {
    private record Sent(Map<String, String> headers, Map<String, String> params)
            implements PartitionBy.Asked {
        @Override
        public String client() {
            return "shop";
        }

        @Override
        public @Nullable String header(String name) {
            return headers.get(name);
        }

        @Override
        public @Nullable String param(String name) {
            return params.get(name);
        }
    }

    private static PartitionBy.Reading read(
            String by, Map<String, String> headers, Map<String, String> params) {
        return PartitionBy.parse(by).read(new Sent(headers, params));
    }

    @Test
    void aKeyIsMadeOfWhatItNames() {
        assertThat(read("{client}", Map.of(), Map.of()))
                .isEqualTo(new PartitionBy.Reading.Key("shop"));
        assertThat(
                        read(
                                "{header:X-Tenant}/{model}!",
                                Map.of("x-tenant", "acme"),
                                Map.of("model", "large")))
                .isEqualTo(new PartitionBy.Reading.Key("acme/large!"));
        assertThat(PartitionBy.parse("{client}-{header:a}-{model}").params())
                .containsExactly("model");
    }

    @Test
    void whatIsMissingIsSaidByItsName() {
        assertThat(read("{header:X-Tenant}", Map.of(), Map.of()))
                .isInstanceOfSatisfying(
                        PartitionBy.Reading.Wrong.class,
                        wrong -> {
                            assertThat(wrong.field()).isEqualTo("x-tenant");
                            assertThat(wrong.words()).startsWith("is missing");
                        });
        assertThat(read("{model}", Map.of(), Map.of("model", "")))
                .isInstanceOf(PartitionBy.Reading.Wrong.class);
    }

    @Test
    void aKeyHasABoundInBytesAndNoControlCharacters() {
        assertThat(read("{m}", Map.of(), Map.of("m", "é".repeat(128))))
                .isInstanceOf(PartitionBy.Reading.Key.class);
        assertThat(read("{m}", Map.of(), Map.of("m", "é".repeat(128) + "x")))
                .isInstanceOf(PartitionBy.Reading.Wrong.class);
        assertThat(read("{m}", Map.of(), Map.of("m", "a\nb")))
                .isInstanceOf(PartitionBy.Reading.Wrong.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tenant", "{", "{header:}", "{a b}", "{client}}", "{header:x y}"})
    void whatTellsNothingApartIsRefused(String by) {
        assertThatThrownBy(() -> PartitionBy.parse(by))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
