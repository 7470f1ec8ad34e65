package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StatusViewTest {
    @Test
    void whatWaitsIsShownByPriorityWhereItDiffers() throws JsonProcessingException {
        assertThat(shown("\"high\":3,\"normal\":6,\"low\":1")).contains("waiting: 3 high");
        assertThat(shown("\"scheduled\":7,\"high\":3,\"normal\":6,\"low\":1"))
                .contains("waiting: 3 high (done in 5s), 6 normal, 1 low (done in 1m30s)")
                .contains("scheduled for later: 7");
        assertThat(shown("\"high\":0,\"normal\":10,\"low\":0")).doesNotContain("waiting");
    }

    @Test
    void whatIsTakenOfEachUnitAndEachCredentialIsShown() throws JsonProcessingException {
        String upstreams =
                """
                {"upstreams":[{"name":"api","free_slots":2,"quota":[
                  {"unit":"tokens","limit":100,"window_seconds":60.0,"taken":40},
                  {"limit":5,"window_seconds":60.0,"taken":3}],
                 "credentials":[{"name":"old","state":"out","quota":[
                  {"limit":9,"window_seconds":60.0,"taken":1}]}]}]}
                """;
        assertThat(text(upstreams))
                .contains("3/5", "40 of 100 tokens taken within")
                .contains("credential old: out, 1 of 9 calls taken within");
    }

    @Test
    void thatAPartitionIsRefusedIsShown() throws JsonProcessingException {
        String upstreams =
                "{\"upstreams\":[{\"name\":\"api\",\"state\":\"open\",\"partitions_refused\":true}]}";
        assertThat(text(upstreams)).contains("refuses the credential of some partition");
        assertThat(shown("\"high\":0")).doesNotContain("partition");
    }

    @Test
    void howManyPartitionsThereAreOfEachKindIsShown() throws JsonProcessingException {
        String upstreams =
                """
                {"upstreams":[{"name":"api","state":"open","partitions":
                  {"known":12000,"waiting":7,"paused":0,"closed":2,"refused":1}}]}
                """;
        assertThat(text(upstreams))
                .contains("  partitions: 12,000 known, 7 waiting, 2 closed, 1 refused");
    }

    @Test
    void howLongTheOldestHasWaitedIsShownWhereItHas() throws JsonProcessingException {
        String waits = "\"high\":0},\"oldest_waiting_seconds\":95.2,\"more\":{\"a\":0";
        assertThat(shown(waits)).contains("the oldest has waited 1m35s");
        assertThat(shown("\"high\":0")).doesNotContain("oldest");
    }

    @Test
    void whoUsesEachWindowIsShownMostFirst() throws JsonProcessingException {
        String users =
                """
                {"windows":[
                  {"window_seconds":60.0,"limit":10,"taken":8,"clients":[
                    {"client":"shop","used":5},{"client":"office","used":2}],
                   "others":{"clients":3,"used":1}},
                  {"unit":"tokens","window_seconds":60.0,"limit":100,"taken":40,"clients":[]},
                  {"window_seconds":60.0,"clients":[{"client":"shop","used":7}],
                   "looked_back_to":"2026-01-01T00:00:00Z"}]}
                """;
        assertThat(
                        text(
                                "{\"upstreams\":[{\"name\":\"api\"}]}",
                                Map.of("api", new ObjectMapper().readTree(users))))
                .containsSubsequence(
                        "8 of 10 calls taken within 1m00s, by client:",
                        "shop                            5",
                        "office                          2",
                        "3 others                        1",
                        "40 of 100 tokens taken within 1m00s, by client: none",
                        "calls within 1m00s, by client: (since 2026-01-01T00:00:00Z)",
                        "shop                            7");
    }

    private static String shown(String classes) throws JsonProcessingException {
        String upstreams =
                """
                {"upstreams":[{"name":"api","backlog":{"queued":4,"retrying":6,%s},"estimated_seconds_by_priority":{"high":5,"low":90}}]}
                """
                        .formatted(classes);
        return text(upstreams);
    }

    private static String text(String upstreams) throws JsonProcessingException {
        return text(upstreams, Map.of());
    }

    private static String text(String upstreams, Map<String, JsonNode> users)
            throws JsonProcessingException {
        return new StatusView(new ObjectMapper().readTree(upstreams), users, Figures.parse(""))
                .text();
    }
}
