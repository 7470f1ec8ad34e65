package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Delivery;
import dev.holdfast.wire.RequestJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BatchWebhookTest {
    private static final UUID ID = UUID.fromString("01a2287b-8e81-766f-bf82-a7d404b60000");

    @Test
    void aBatchIsToldAsItIsFollowedAtTheTimeOfItsEnd() {
        Instant begun = Instant.parse("2026-01-31T12:00:00Z");
        String hook = "https://shop.example/batch";
        BatchRecord batch =
                new BatchRecord(
                        7,
                        ID,
                        1,
                        4,
                        3,
                        1,
                        0,
                        2,
                        1,
                        0,
                        0,
                        "sum",
                        true,
                        false,
                        hook,
                        begun,
                        begun.plusSeconds(90));
        Delivery delivery = new Delivery(UUID.randomUUID(), null, batch, 1, hook, "{}", 0);

        String body =
                new String(
                        new WebhookBody(new RequestJson(Map.of())).apply(delivery),
                        StandardCharsets.UTF_8);
        assertThat(body)
                .startsWith(
                        "{\"type\":\"batch.completed\",\"timestamp\":\"2026-01-31T12:01:30.000Z\",\"data\":{\"id\":\""
                                + ID
                                + "\",\"status\":\"completed\",\"lines\":4,\"accepted\":3,\"refused_lines\":1,")
                .contains("\"succeeded\":2,\"failed\":1")
                .doesNotContain("sum", hook)
                .endsWith("}}");
    }
}
