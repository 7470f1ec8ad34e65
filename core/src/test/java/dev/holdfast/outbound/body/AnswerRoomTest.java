package dev.holdfast.outbound.body;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerRoomTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final int COPIES = CallMemory.COPIES;

    private final CallMemory memory =
            new CallMemory(
                    4L * CallMemory.CALL_BYTES,
                    2L * COPIES * AnswerRoom.SHORT_BYTES,
                    2L * COPIES * MEBIBYTE);
    private final List<String> told = new ArrayList<>();

    @Test
    void anAnswersFirstBytesTakeNothing() {
        assertThat(room().has(AnswerRoom.FREE_BYTES, true, MEBIBYTE, told("a"))).isTrue();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void aLongAnswerHasRoomForAllOfItAndTheNextWaitsForItsTurn() {
        AnswerRoom first = room();
        AnswerRoom second = room();
        AnswerRoom third = room();
        AnswerRoom fourth = room();
        assertThat(first.has(MEBIBYTE, true, MEBIBYTE, told("a"))).isTrue();
        assertThat(second.has(MEBIBYTE, true, MEBIBYTE, told("b"))).isTrue();
        assertThat(third.has(MEBIBYTE, true, MEBIBYTE, told("c"))).isFalse();
        assertThat(fourth.has(MEBIBYTE / 2, true, MEBIBYTE, told("d"))).isFalse();
        assertThat(memory.taken()).isEqualTo(2L * COPIES * MEBIBYTE);

        second.end();
        assertThat(told).containsExactly("c");
        assertThat(third.has(0, false, 0, told("c"))).isTrue();
        assertThat(fourth.has(0, false, 0, told("d"))).isFalse();

        first.end();
        assertThat(told).containsExactly("c", "d");
        third.end();
        fourth.end();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void whoeverWaitsNoLongerIsPassedOver() {
        AnswerRoom first = room();
        AnswerRoom given = room();
        AnswerRoom last = room();
        first.has(2 * MEBIBYTE, true, 2 * MEBIBYTE, told("a"));
        assertThat(given.has(MEBIBYTE, true, MEBIBYTE, told("b"))).isFalse();
        assertThat(last.has(MEBIBYTE, true, MEBIBYTE, told("c"))).isFalse();
        given.end();
        first.end();

        assertThat(told).containsExactly("c");
        assertThat(given.has(2 * MEBIBYTE, true, 2 * MEBIBYTE, told("b"))).isTrue();
        last.end();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void anAnswerThatDoesNotSayItsLengthTakesLittleUntilItIsLong() {
        AnswerRoom one = room();
        assertThat(one.has(AnswerRoom.FREE_BYTES + 1, false, MEBIBYTE, told("a"))).isTrue();
        assertThat(memory.taken()).isEqualTo((long) COPIES * AnswerRoom.SHORT_BYTES);
        assertThat(one.has(AnswerRoom.SHORT_BYTES, false, MEBIBYTE, told("a"))).isTrue();
        assertThat(memory.taken()).isEqualTo((long) COPIES * AnswerRoom.SHORT_BYTES);
        assertThat(one.has(AnswerRoom.SHORT_BYTES + 1, false, MEBIBYTE, told("a"))).isTrue();
        assertThat(memory.taken()).isEqualTo((long) COPIES * (AnswerRoom.SHORT_BYTES + MEBIBYTE));
        assertThat(one.has(MEBIBYTE, false, MEBIBYTE, told("a"))).isTrue();
        one.end();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void whatHasMoreThanThereIsGoesAlone() {
        AnswerRoom large = room();
        AnswerRoom small = room();
        assertThat(large.has(9 * MEBIBYTE, true, 9 * MEBIBYTE, told("a"))).isTrue();
        assertThat(small.has(MEBIBYTE, true, MEBIBYTE, told("b"))).isFalse();
        large.end();
        assertThat(told).containsExactly("b");
    }

    @Test
    void anUpstreamsCallsHaveRoomForHalfOfAllAndForOneAlways() {
        long call = CallMemory.call(0);
        assertThat(memory.reserve(10, 0, call)).isEqualTo(2);
        assertThat(memory.reserve(10, 2 * call, call)).isZero();
        assertThat(memory.reserve(10, 0, call)).isEqualTo(2);
        assertThat(memory.reserve(10, 0, CallMemory.call(MEBIBYTE))).isEqualTo(1);
        memory.give(CallMemory.call(MEBIBYTE) + 2 * call);
        assertThat(memory.reserve(1, call, call)).isEqualTo(1);
        assertThat(memory.reserve(10, call, call)).isEqualTo(1);
        assertThat(CallMemory.UNBOUNDED.reserve(10_000, 1, CallMemory.call(MEBIBYTE)))
                .isEqualTo(10_000);
        CallMemory.UNBOUNDED.give(10_000 * CallMemory.call(MEBIBYTE));
    }

    private AnswerRoom room() {
        return new AnswerRoom(memory);
    }

    private Runnable told(String who) {
        return () -> told.add(who);
    }
}
