package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

final class StatusViewTest {
    @Test
    void whatWaitsIsShownByPriorityWhereItDiffers() throws JsonProcessingException {
        assertThat(shown("\"high\":3,\"normal\":6,\"low\":1")).contains("waiting: 3 high");
        assertThat(shown("\"scheduled\":7,\"high\":3,\"normal\":6,\"low\":1"))
                .contains("waiting: 3 high (done in 5 s), 6 normal, 1 low (done in 1:30 min)")
                .contains("scheduled for later: 7");
        assertThat(shown("\"high\":0,\"normal\":10,\"low\":0")).doesNotContain("waiting");
    }

    private static String shown(String classes) throws JsonProcessingException {
        String upstreams =
                """
                {"upstreams":[{"name":"api","backlog":{"queued":4,"retrying":6,%s},"estimated_seconds_by_priority":{"high":5,"low":90}}]}
                """
                        .formatted(classes);
        return new StatusView(new ObjectMapper().readTree(upstreams), Figures.parse("")).text();
    }
}
