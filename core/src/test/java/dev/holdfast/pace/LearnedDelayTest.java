package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Collections;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LearnedDelayTest {
    private static final int SEEDS = 200;
    private static final Duration HOUR = Duration.ofHours(1);
    private static final RetryPolicy LEARNED =
            new RetryPolicy(
                    RetryPolicy.Backoff.LEARNED,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(60),
                    0,
                    0,
                    Duration.ZERO);

    @Test
    void aChanceIsOneThatGrowsWithTimeAndIsWholeInTheEnd() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            LearnedDelay learned = anything(random);
            Duration failed = seconds(random.nextDouble() * 1_000);
            double before = 0;
            for (int i = 1; i < 50; i++) {
                double chance = learned.chance(failed, failed.plusSeconds(i * 20L));
                assertThat(chance).isBetween(before, 1 + 1e-9);
                before = chance;
            }
            assertThat(learned.chance(failed, failed)).isZero();
            assertThat(learned.chance(failed, HOUR)).isCloseTo(1, within(1e-9));
        }
    }

    @Test
    void aCallIsDueWhenItsChanceIsWhatWasAskedFor() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            LearnedDelay learned = anything(random);
            Duration failed = seconds(random.nextDouble() * 1_000);
            double worth = 0.05 + 0.9 * random.nextDouble();
            Duration due = learned.due(failed, worth).orElseThrow();
            assertThat(due).isBetween(failed, HOUR);
            assertThat(learned.chance(failed, due)).isCloseTo(worth, within(1e-6));
        }
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            LearnedDelay learned = anything(random);
            LearnedDelay read = LearnedDelay.read(learned.write());
            assertThat(read.write()).isEqualTo(learned.write());
            Duration at = seconds(random.nextDouble() * 1_000);
            assertThat(read.chance(Duration.ZERO, at))
                    .isCloseTo(learned.chance(Duration.ZERO, at), within(0.05));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "a b", "20 1 2 3", "20 x"})
    void whatCannotBeReadIsNothing(String text) {
        assertThat(LearnedDelay.read(text)).isEqualTo(LearnedDelay.NOTHING);
        String letters = LearnedDelay.NOTHING.write().replaceFirst(" 0", " zero");
        assertThat(LearnedDelay.read(letters)).isEqualTo(LearnedDelay.NOTHING);
    }

    @Test
    void spansThatShareAMomentFindIt() {
        LearnedDelay learned = LearnedDelay.NOTHING;
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            learned =
                    learned.with(
                            seconds(45 - 30 * random.nextDouble()),
                            seconds(45.01 + 30 * random.nextDouble()));
        }
        assertThat(learned.chance(Duration.ZERO, seconds(40))).isLessThan(0.1);
        assertThat(learned.chance(seconds(40), seconds(51))).isGreaterThan(0.8);
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        LearnedDelay learned = times(LearnedDelay.NOTHING, 10, 12, 2_000);
        assertThat(learned.chance(Duration.ZERO, seconds(20))).isGreaterThan(0.95);
        learned = times(learned, 300, 330, 1_000);
        assertThat(learned.chance(Duration.ZERO, seconds(20))).isLessThan(0.05);
    }

    @Test
    void aSpanWithoutLengthOrBeyondTheLastEdgeTeachesNothing() {
        assertThat(LearnedDelay.NOTHING.with(seconds(5), seconds(5)))
                .isEqualTo(LearnedDelay.NOTHING);
        assertThat(LearnedDelay.NOTHING.with(seconds(9), seconds(5)))
                .isEqualTo(LearnedDelay.NOTHING);
        assertThat(LearnedDelay.NOTHING.with(HOUR, HOUR.multipliedBy(2)))
                .isEqualTo(LearnedDelay.NOTHING);
    }

    @Test
    void untilTwentyWereSeenWaitsGrowAsTheyDoWithoutAPast() {
        LearnedDelay few = times(LearnedDelay.NOTHING, 20, 22, LearnedDelay.ENOUGH - 1);
        assertThat(wait(few, 0, 1)).isEqualTo(Duration.ofSeconds(5));
        assertThat(wait(few, 0, 3)).isEqualTo(Duration.ofSeconds(20));
        assertThat(wait(times(few, 20, 22, 1), 0, 1)).isBetween(seconds(18), seconds(22));
    }

    @Test
    void aWaitIsNoShorterThanASecondAndNoLongerThanMax() {
        LearnedDelay atOnce = times(LearnedDelay.NOTHING, 0, 0.2, 100);
        assertThat(wait(atOnce, 0, 1)).isEqualTo(Duration.ofSeconds(1));
        LearnedDelay late = times(LearnedDelay.NOTHING, 600, 700, 100);
        assertThat(wait(late, 0, 1)).isEqualTo(Duration.ofSeconds(60));
        assertThat(wait(late, HOUR.toSeconds() * 2, 9)).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void aScarceSlotIsWorthABetterChance() {
        LearnedDelay learned = times(LearnedDelay.NOTHING, 1, 60, 200);
        Past free = new Past(learned, Duration.ZERO, Duration.ZERO, 0);
        Past scarce = new Past(learned, Duration.ZERO, Duration.ZERO, 1);
        RandomGenerator random = new Random(1);
        assertThat(LEARNED.delay(1, scarce, random))
                .isGreaterThan(LEARNED.delay(1, free, random).multipliedBy(2));
    }

    @Test
    void theTimeThatTheCallTookCountsAsWaited() {
        LearnedDelay learned = times(LearnedDelay.NOTHING, 40, 44, 200);
        RandomGenerator random = new Random(1);
        Past slow = new Past(learned, Duration.ZERO, Duration.ofSeconds(30), 0);
        Past quick = new Past(learned, Duration.ZERO, Duration.ZERO, 0);
        assertThat(LEARNED.delay(1, slow, random).plusSeconds(30))
                .isEqualTo(LEARNED.delay(1, quick, random));
    }

    private static Duration wait(LearnedDelay learned, long calledAt, int failures) {
        Past past = new Past(learned, Duration.ofSeconds(calledAt), Duration.ZERO, 0);
        return LEARNED.delay(failures, past, new Random(1));
    }

    private static LearnedDelay times(LearnedDelay before, double from, double to, int times) {
        return Collections.nCopies(times, to).stream()
                .reduce(before, (so, at) -> so.with(seconds(from), seconds(at)), (a, _) -> a);
    }

    private static LearnedDelay anything(Random random) {
        LearnedDelay learned = LearnedDelay.NOTHING;
        int spans = random.nextInt(200);
        for (int i = 0; i < spans; i++) {
            double from = Math.exp(random.nextDouble() * 9) - 1;
            learned = learned.with(seconds(from), seconds(from * (1 + random.nextDouble())));
        }
        return learned;
    }

    private static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }
}
