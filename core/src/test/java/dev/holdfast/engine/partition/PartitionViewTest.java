package dev.holdfast.engine.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.partition.Partitions.Seen;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an operator is told of a partition: two calls a minute, three at once. */
final class PartitionViewTest {
    private static final Instant NOW = Instant.EPOCH.plus(Duration.ofDays(1));
    private static final Window TWO = new Window(2, Duration.ofMinutes(1));
    private static final OwnRules PAUSED = new OwnRules(null, new TreeMap<>(), null, true);

    @Test
    void whatIsFreeIsTheQuotasAndNotMoreThanMayRun() {
        PartitionView idle = view(OwnRules.NONE, 0, 0, Occupancy.EMPTY, null, null);
        assertThat(idle.freeSlots()).isEqualTo(2);
        assertThat(idle.nextSlotIn()).isZero();
        assertThat(idle.taken()).containsExactly(0L);
        assertThat(idle.drainsIn()).isZero();
        assertThat(idle.state()).isEqualTo("open");
        assertThat(idle.isInUse()).isFalse();
        PartitionView running = view(OwnRules.NONE, 0, 2, Occupancy.EMPTY, null, null);
        assertThat(running.freeSlots()).isEqualTo(1);
        assertThat(running.isInUse()).isTrue();
        PartitionView full = view(OwnRules.NONE, 0, 3, Occupancy.EMPTY, null, null);
        assertThat(full.freeSlots()).isZero();
        assertThat(full.nextSlotIn()).as("a call's end tells").isNull();
        assertThat(full.drainsIn()).isNull();
    }

    @Test
    void whatWaitsIsDoneInAsManyWindowsAsItTakes() {
        PartitionView full = view(OwnRules.NONE, 1, 0, used(2), null, null);
        assertThat(full.taken()).containsExactly(2L);
        assertThat(full.freeSlots()).isZero();
        assertThat(full.nextSlotIn()).isEqualTo(TWO.held());
        assertThat(full.drainsIn()).isEqualTo(TWO.held());
        assertThat(view(OwnRules.NONE, 2, 0, used(2), null, null).drainsIn()).isEqualTo(TWO.held());
        assertThat(view(OwnRules.NONE, 3, 0, used(2), null, null).drainsIn())
                .isEqualTo(TWO.held().multipliedBy(2));
        assertThat(view(OwnRules.NONE, 2, 0, Occupancy.EMPTY, null, null).drainsIn()).isZero();
    }

    @Test
    void whoIsLeftAloneIsFreeAtThatTime() {
        Instant later = NOW.plusSeconds(90);
        PartitionView closed = view(OwnRules.NONE, 1, 0, used(2), later, null);
        assertThat(closed.state()).isEqualTo("closed");
        assertThat(closed.freeSlots()).isZero();
        assertThat(closed.closedFor()).isEqualTo(Duration.ofSeconds(90));
        assertThat(closed.nextSlotIn()).isEqualTo(Duration.ofSeconds(90));
        PartitionView sooner = view(OwnRules.NONE, 1, 0, used(2), NOW.plusSeconds(1), null);
        assertThat(sooner.nextSlotIn()).as("the slot is later").isEqualTo(TWO.held());
    }

    @Test
    void whoIsRefusedOrPausedHasNoNextSlot() {
        PartitionView refused =
                view(OwnRules.NONE, 1, 0, Occupancy.EMPTY, null, NOW.minusSeconds(7));
        assertThat(refused.state()).isEqualTo("unauthorized");
        assertThat(refused.unauthorizedFor()).isEqualTo(Duration.ofSeconds(7));
        assertThat(refused.freeSlots()).isZero();
        assertThat(refused.nextSlotIn()).isNull();
        PartitionView paused = view(PAUSED, 0, 0, Occupancy.EMPTY, null, null);
        assertThat(paused.state()).isEqualTo("paused");
        assertThat(paused.freeSlots()).isZero();
        assertThat(paused.nextSlotIn()).isNull();
        assertThat(paused.isInUse()).as("it has something of its own").isTrue();
    }

    private static PartitionView view(
            OwnRules own,
            int waiting,
            int running,
            Occupancy slots,
            @Nullable Instant closed,
            @Nullable Instant refused) {
        ByPriority first = ByPriority.NONE;
        for (int i = 0; i < waiting; i++) {
            first = first.with(Priority.NORMAL);
        }
        PartitionRules rules =
                new PartitionRules(new Quota(List.of(TWO)), new TreeMap<>(), 3, false);
        Seen seen =
                new Seen(
                        "a",
                        own,
                        rules,
                        first,
                        ByPriority.NONE,
                        running,
                        0,
                        closed,
                        refused,
                        slots,
                        Map.of());
        return PartitionView.of(seen, NOW);
    }

    private static Occupancy used(long calls) {
        return new Occupancy(0, Steps.of(Stream.of(new Steps.Step(NOW, calls))));
    }
}
