package dev.holdfast.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.UpstreamView;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.ByPriority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private final History history = new History();

    @Test
    void theOldestPointsAreForgotten() {
        for (int i = 0; i < History.MAX_POINTS + 5; i++) {
            history.add(List.of(view("a", i)), Instant.ofEpochSecond(i));
        }

        assertThat(history.of("a")).hasSize(History.MAX_POINTS);
        assertThat(history.of("a").getFirst().queued()).isEqualTo(5);
        assertThat(history.of("a").getLast().atMillis())
                .isEqualTo((History.MAX_POINTS + 4) * 1000L);
    }

    @Test
    void eachUpstreamHasItsOwn() {
        history.add(List.of(view("a", 1), view("b", 2)), Instant.EPOCH);

        assertThat(history.upstreams()).containsExactly("a", "b");
        assertThat(history.of("b")).extracting(History.Point::queued).containsExactly(2L);
        assertThat(history.of("none")).isEmpty();
    }

    private static UpstreamView view(String name, long queued) {
        return new UpstreamView(
                name,
                Quota.NONE,
                10,
                0,
                List.of(),
                List.of(),
                List.of(),
                1,
                Duration.ZERO,
                0,
                0,
                0,
                0,
                false,
                queued,
                0,
                0,
                new ByPriority(0, queued, 0),
                Duration.ofSeconds(queued),
                false,
                null,
                null,
                false,
                null,
                null,
                1.0,
                Duration.ofMillis(200),
                Duration.ofSeconds(queued),
                Map.of(),
                0,
                Map.of());
    }
}
