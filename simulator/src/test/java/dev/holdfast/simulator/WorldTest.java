package dev.holdfast.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.door.SlidingWindow;
import dev.holdfast.simulator.upstream.ApiKeyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recorded facts, as arithmetic. */
class WorldTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void theEleventhCallIsRefusedUntilTheFirstIsAMinuteOld() {
        var gate = new Limit(10, Duration.ofSeconds(60), false, true).gate();
        for (int i = 0; i < 10; i++) {
            assertThat(gate.admit(6L * i * SECOND)).isTrue();
        }
        assertThat(gate.admit(60 * SECOND - 1)).isFalse();
        assertThat(gate.retryAfterSeconds(58 * SECOND)).isEqualTo(2);
        assertThat(gate.admit(60 * SECOND)).isTrue();
        assertThat(gate.admit(60 * SECOND)).isFalse();
        assertThat(gate.worst()).isEqualTo(12);
    }

    @Test
    void refusedCallsTakePlacesWhenTheyCount() {
        var gate = new Limit(1, Duration.ofSeconds(60), true, false).gate();
        assertThat(gate.admit(0)).isTrue();
        assertThat(gate.admit(30 * SECOND)).isFalse();
        assertThat(gate.admit(61 * SECOND)).isFalse();
        assertThat(gate.admit(121 * SECOND)).isTrue();
    }

    @Test
    void theWorstWindowIsWhatCountingAllOfThemFinds() {
        var random = new Random(7);
        var arrivals = new long[2000];
        long now = 0;
        var window = new SlidingWindow(Duration.ofNanos(1000));
        for (int i = 0; i < arrivals.length; i++) {
            now += random.nextInt(random.nextInt(200) + 1);
            arrivals[i] = now;
            window.add(now);
        }
        int worst = 0;
        for (int i = 0; i < arrivals.length; i++) {
            int in = 0;
            for (int j = 0; j <= i; j++) {
                in += arrivals[i] - arrivals[j] < 1000 ? 1 : 0;
            }
            worst = Math.max(worst, in);
        }
        assertThat(window.worst()).isEqualTo(worst);
    }

    @Test
    void halfTheMessagesFailAndRecoverWithinTheRecordedTimes() {
        var degradation = Degradation.recorded(42);
        int failing = 0;
        for (int i = 0; i < 10_000; i++) {
            var recovery = degradation.recovery("message " + i);
            if (!recovery.isZero()) {
                failing++;
                assertThat(recovery).isBetween(Duration.ofSeconds(54), Duration.ofSeconds(235));
            }
        }
        assertThat(failing / 10_000.0).isCloseTo(0.5, within(0.02));
    }

    @Test
    void theFateOfAMessageIsSettledBySeedAndMessage() {
        assertThat(Degradation.recorded(1).recovery("a"))
                .isEqualTo(Degradation.recorded(1).recovery("a"));
        long different = 0;
        for (int i = 0; i < 100; i++) {
            var message = "m" + i;
            var one = Degradation.recorded(1).recovery(message);
            different += one.equals(Degradation.recorded(2).recovery(message)) ? 0 : 1;
        }
        assertThat(different).isGreaterThan(50);
        var slow = Degradation.recorded(1).recovery("m1");
        var fast = Degradation.recorded(1).faster(10).recovery("m1");
        assertThat(fast.toMillis()).isEqualTo(slow.toMillis() / 10);
    }

    @Test
    void latencyHasTheRecordedEndsAndMedian() {
        var latency = Latency.RECORDED;
        assertThat(latency.at(0)).isEqualTo(Duration.ofMillis(66));
        assertThat(latency.at(0.5)).isEqualTo(Duration.ofMillis(81));
        assertThat(latency.at(Math.nextDown(1.0))).isBetween(millis(180), millis(181));
    }

    @Test
    void aSignatureIsPaddedBase64UrlOf344CharactersAndTheSameEachTime() {
        var key = ApiKeyPair.seeded(3);
        var signature = key.sign("hello");
        assertThat(signature).hasSize(344).matches("[A-Za-z0-9_-]+={1,2}");
        assertThat(ApiKeyPair.seeded(3).sign("hello")).isEqualTo(signature);
        assertThat(key.verifies("hello", signature)).isTrue();
        assertThat(key.verifies("hullo", signature)).isFalse();
        assertThat(key.verifies("hello", "%")).isFalse();
    }

    @Test
    void aKeyIsReadBackFromItsFile(@TempDir Path folder) throws IOException {
        var key = ApiKeyPair.seeded(4);
        var file = Files.writeString(folder.resolve("key.pem"), key.privatePem());
        assertThat(ApiKeyPair.read(file).verifies("m", key.sign("m"))).isTrue();
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }
}
