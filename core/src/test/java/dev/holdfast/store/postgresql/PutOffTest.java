package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.postgresql.PostgresWrite.Kind;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What waits for one upstream's lock keeps nothing else waiting (P6). */
final class PutOffTest {
    private final PostgresWrite<?> one = of("one");
    private final PostgresWrite<?> other = of("other");
    private final PostgresWrite<?> again = of("one");

    private static PostgresWrite<?> of(String upstream) {
        return new PostgresWrite<>(Kind.LOCKED, List.of(upstream), _ -> null);
    }

    @Test
    void writesFallApartByWhatTheyLock() {
        assertThat(PutOff.byUpstream(List.of(one, other, again)))
                .containsExactly(List.of(one, again), List.of(other));
    }

    @Test
    void whoLocksTheSameGoesApartUntilItWasToBeHad() {
        PutOff putOff = new PutOff(Set.of());
        putOff.add(List.of(one), 1);
        assertThat(putOff.isApart(again)).isTrue();
        assertThat(putOff.isApart(other)).isFalse();
        assertThat(putOff.take()).isEqualTo(List.of(one));
        assertThat(putOff.isEmpty()).isTrue();
        putOff.had(List.of(one));
        assertThat(putOff.isApart(again)).isFalse();
    }

    @Test
    void whoHasWaitedForLongIsRefused() {
        PutOff putOff = new PutOff(Set.of());
        putOff.add(List.of(one), 1);
        assertThat(PutOff.isLate(one, 1 + PutOff.PATIENCE_NANOS)).isFalse();
        assertThat(PutOff.isLate(one, 2 + PutOff.PATIENCE_NANOS)).isTrue();
        assertThat(PutOff.isLate(other, Long.MAX_VALUE)).isFalse();
    }
}
