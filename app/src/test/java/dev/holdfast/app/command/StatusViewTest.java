package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

final class StatusViewTest {
    @Test
    void whatWaitsIsShownByPriorityWhereItDiffers() throws JsonProcessingException {
        assertThat(shown("\"high\":3,\"normal\":6,\"low\":1"))
                .contains("waiting: 3 high, 6 normal, 1 low");
        assertThat(shown("\"high\":0,\"normal\":10,\"low\":0")).doesNotContain("waiting");
    }

    private static String shown(String classes) throws JsonProcessingException {
        String upstreams =
                """
                {"upstreams":[{"name":"api","backlog":{"queued":4,"retrying":6,%s}}]}
                """
                        .formatted(classes);
        return new StatusView(new ObjectMapper().readTree(upstreams), Figures.parse("")).text();
    }
}
