package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.RetryPolicy.Backoff;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Staircases;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * Plays messages of which half fail at first and recover after a time, at ten calls a minute, and
 * compares learned waits with those that double: decision 30 has the figures.
 */
class LearnedRetriesTest {
    private static final Quota TEN_A_MINUTE =
            new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
    private static final int MESSAGES = 3_000;

    /** In a burst, as the recorded ones were. */
    private static final int AT_ONCE = 60;

    private static final int LATENCY_MILLIS = 81;

    @Test
    void theRecordedApiIsDoneSoonerForFewerCalls() {
        Ratio ratio = oneByOne(random -> 54 + 181 * random.nextDouble());
        assertThat(ratio.time()).as("of the time").isLessThan(0.9);
        assertThat(ratio.calls()).as("of the calls").isLessThan(0.85);
    }

    @Test
    void aRecoveryThatAlwaysTakesTheSameTimeIsMet() {
        Ratio ratio = oneByOne(_ -> 45);
        assertThat(ratio.time()).as("of the time").isLessThan(0.66);
        assertThat(ratio.calls()).as("of the calls").isLessThan(0.8);
    }

    @Test
    void whereTheDoublingWaitMeetsItAlreadyNothingIsLost() {
        for (int seconds = 2; seconds <= 4; seconds++) {
            int recovery = seconds;
            Ratio ratio = oneByOne(_ -> recovery);
            assertThat(ratio.time()).as("of the time").isLessThan(1.01);
            assertThat(ratio.calls()).as("of the calls").isLessThan(1.01);
        }
    }

    @Test
    void whereTheQuotaIsTheLimitABurstTakesNoLonger() {
        double learned = 0;
        double doubling = 0;
        LearnedDelay past = play(Backoff.LEARNED, new Random(1), 300, 1, r -> recorded(r)).past();
        for (int seed = 0; seed < 40; seed++) {
            learned += burst(Backoff.LEARNED, past, seed);
            doubling += burst(Backoff.EXPONENTIAL, LearnedDelay.NOTHING, seed);
        }
        assertThat(learned / doubling).isLessThan(1.01);
    }

    private record Ratio(double time, double calls) {}

    private static Ratio oneByOne(ToDoubleFunction<Random> recovery) {
        Played learned = play(Backoff.LEARNED, new Random(1), MESSAGES, 1, recovery);
        Played doubling = play(Backoff.EXPONENTIAL, new Random(1), MESSAGES, 1, recovery);
        return new Ratio(
                learned.seconds() / doubling.seconds(),
                (double) learned.calls() / doubling.calls());
    }

    private static double recorded(Random random) {
        return 54 + 181 * random.nextDouble();
    }

    private static double burst(Backoff backoff, LearnedDelay past, int seed) {
        var world = new Play(backoff, new Random(seed), past, LearnedRetriesTest::recorded);
        world.messages(AT_ONCE, AT_ONCE);
        return world.last;
    }

    private record Played(double seconds, int calls, LearnedDelay past) {}

    private static Played play(
            Backoff backoff,
            Random random,
            int messages,
            int atOnce,
            ToDoubleFunction<Random> recovery) {
        var world = new Play(backoff, random, LearnedDelay.NOTHING, recovery);
        world.messages(messages / 10, atOnce); // from nothing to what is learned
        world.seconds = 0;
        world.calls = 0;
        world.messages(messages, atOnce);
        return new Played(world.seconds, world.calls, world.past);
    }

    private static final class Message {
        final Instant asked;
        final Duration recovery;
        Instant first = Instant.EPOCH;
        Instant due;
        Duration failedAt = Duration.ZERO;
        int failures;

        Message(Instant asked, Duration recovery) {
            this.asked = asked;
            this.recovery = recovery;
            due = asked;
        }
    }

    private static final class Play {
        final RetryPolicy policy;
        final Random random;
        final ToDoubleFunction<Random> recovery;
        final List<Instant> settled = new ArrayList<>();
        LearnedDelay past;
        Instant now = Instant.EPOCH;
        double seconds;
        double last;
        int calls;

        Play(Backoff backoff, Random random, LearnedDelay past, ToDoubleFunction<Random> recovery) {
            policy =
                    new RetryPolicy(
                            backoff,
                            Duration.ofSeconds(5),
                            Duration.ofSeconds(60),
                            0.2,
                            0,
                            Duration.ZERO);
            this.random = random;
            this.past = past;
            this.recovery = recovery;
        }

        void messages(int count, int atOnce) {
            List<Message> waiting = new ArrayList<>();
            for (int left = count; left > 0 || !waiting.isEmpty(); ) {
                for (; left > 0 && waiting.size() < atOnce; left--) {
                    boolean ill = random.nextBoolean();
                    double recovers = ill ? recovery.applyAsDouble(random) : 0;
                    waiting.add(new Message(now, Duration.ofMillis((long) (recovers * 1_000))));
                }
                Message next = next(waiting);
                now = next.due.isAfter(now) ? next.due : now;
                awaitSlot();
                if (call(next)) {
                    waiting.remove(next);
                }
            }
        }

        /** First tries before retries, as long as there are any. */
        private Message next(List<Message> waiting) {
            return waiting.stream()
                    .filter(message -> message.failures == 0)
                    .findFirst()
                    .or(() -> waiting.stream().min(Comparator.comparing(message -> message.due)))
                    .orElseThrow();
        }

        private Occupancy slots() {
            List<Instant> newest = settled.reversed();
            return new Occupancy(0, Staircases.of(newest.subList(0, Math.min(newest.size(), 10))));
        }

        private void awaitSlot() {
            if (TEN_A_MINUTE.verdict(slots(), now) instanceof Verdict.NotBefore(Instant at)) {
                now = at;
            }
        }

        private boolean call(Message message) {
            calls++;
            message.first = message.failures == 0 ? now : message.first;
            Duration at = Duration.between(message.first, now);
            settled.add(now.plusMillis(LATENCY_MILLIS));
            now = now.plusMillis(LATENCY_MILLIS);
            if (at.compareTo(message.recovery) >= 0) {
                if (message.failures > 0) {
                    past = past.with(message.failedAt, at);
                }
                seconds += Duration.between(message.asked, now).toMillis() / 1e3;
                last = Math.max(last, Duration.between(Instant.EPOCH, now).toMillis() / 1e3);
                return true;
            }
            message.failures++;
            message.failedAt = at;
            Past known =
                    new Past(
                            past,
                            at,
                            Duration.ofMillis(LATENCY_MILLIS),
                            TEN_A_MINUTE.taken(slots(), now));
            message.due = now.plus(policy.delay(message.failures, known, random));
            return false;
        }
    }
}
