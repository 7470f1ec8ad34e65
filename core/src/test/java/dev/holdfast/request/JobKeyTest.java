package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class JobKeyTest {
    @Test
    void callsThatDifferInAnythingAreNotTheSame() {
        List<JobKey> keys =
                List.of(
                        key("/sign", Map.of("message", "ab")),
                        key("/other", Map.of("message", "ab")),
                        key("/sign", Map.of("message", "ac")),
                        key("/sign", Map.of("other", "ab")),
                        key("/sign", Map.of("message", "ab", "other", "")),
                        key("/sign", Map.of("messagea", "b")),
                        key("/sig", Map.of("nmessage", "ab")));
        assertThat(keys).doesNotHaveDuplicates();
        assertThat(key("/sign", Map.of("message", "ab"))).isIn(keys);
    }

    private static JobKey key(String route, Map<String, String> params) {
        return JobKey.of(route, new TreeMap<>(params));
    }
}
