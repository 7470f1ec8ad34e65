package dev.holdfast.store.transition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Contents;
import dev.holdfast.store.Contents.Room;
import dev.holdfast.store.StoreOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How much each client keeps, between two counts. */
class KeptBytesTest {
    private static final int SHOP = 1;
    private static final int OTHER = 2;

    private long now = Long.MAX_VALUE - 5;
    private final KeptBytes kept =
            new KeptBytes(StoreOptions.DEFAULT.keeping(1000, 300), () -> now);

    private void counted(Map<Integer, Long> found) {
        assertThat(kept.begin()).isTrue();
        kept.end(found);
    }

    @Test
    void whatIsCountedAndWhatWasWrittenSinceThenIsAClientsOwn() {
        counted(Map.of(SHOP, 200L, OTHER, 10L));
        kept.wrote(SHOP, 99);
        assertThat(kept.room(SHOP)).isEqualTo(Room.ENOUGH);
        kept.wrote(SHOP, 1);
        assertThat(kept.room(SHOP)).isEqualTo(Room.CLIENT_FULL);
        assertThat(kept.room(OTHER)).isEqualTo(Room.ENOUGH);
        counted(Map.of(SHOP, 250L));
        assertThat(kept.room(SHOP)).isEqualTo(Room.ENOUGH);
    }

    @Test
    void whatIsWrittenWhileSomebodyCountsIsNotLost() {
        assertThat(kept.begin()).isTrue();
        kept.wrote(SHOP, 300);
        kept.end(Map.of());
        assertThat(kept.room(SHOP)).isEqualTo(Room.CLIENT_FULL);
    }

    @Test
    void allTogetherHaveABound() {
        counted(Map.of(3, 250L, 4, 250L, 5, 250L, 6, 249L));
        assertThat(kept.room(SHOP)).isEqualTo(Room.ENOUGH);
        kept.wrote(OTHER, 1);
        assertThat(kept.room(SHOP)).isEqualTo(Room.ALL_FULL);
    }

    @Test
    void itIsCountedByOneAndNowAndThen() {
        assertThat(kept.beginAgain()).isTrue();
        assertThat(kept.beginAgain()).isFalse();
        assertThat(kept.begin()).isFalse();
        kept.end(Map.of(SHOP, 300L));
        assertThat(kept.beginAgain()).isFalse();
        now += Contents.COUNT_AGAIN.toNanos();
        assertThat(kept.beginAgain()).isTrue();
    }

    @Test
    void aCountThatFailsLeavesWhatWasKnown() {
        counted(Map.of(SHOP, 300L));
        assertThat(kept.begin()).isTrue();
        kept.end(null);
        assertThat(kept.room(SHOP)).isEqualTo(Room.CLIENT_FULL);
    }
}
