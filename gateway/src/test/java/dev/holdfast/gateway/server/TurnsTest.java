package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class TurnsTest {
    private static final long WAIT_SECONDS = 10;

    @Test
    void whoHasMuchToDoHasNeverAllThreads() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch other = new CountDownLatch(1);
        try (Turns turns = new Turns("test", 3, 2)) {
            for (int i = 0; i < 50; i++) {
                turns.execute(
                        "busy",
                        () -> {
                            begun.countDown();
                            await(release);
                        });
            }
            await(begun);
            turns.execute("other", other::countDown);
            assertThat(other.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            release.countDown();
        }
    }

    @Test
    void ownersTakeTurnsWhateverTheyHaveWaiting() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(12);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        try (Turns turns = new Turns("test", 2, 1)) {
            CountDownLatch held = new CountDownLatch(2);
            for (String name : List.of("first", "second")) {
                turns.execute(
                        name,
                        () -> {
                            held.countDown();
                            await(release);
                            done.countDown();
                        });
            }
            await(held);
            for (int i = 0; i < 8; i++) {
                turns.execute("busy", () -> add(order, "busy", done));
            }
            turns.execute("few", () -> add(order, "few", done));
            turns.execute("few", () -> add(order, "few", done));
            release.countDown();
            await(done);
        }
        assertThat(order.lastIndexOf("few")).as("in %s", order).isLessThanOrEqualTo(6);
    }

    @Test
    void whatIsThrownEndsNoThread() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        try (Turns turns = new Turns("test", 2, 1)) {
            for (int i = 0; i < 10; i++) {
                turns.execute(
                        "bad",
                        () -> {
                            throw new IllegalStateException("as told");
                        });
            }
            turns.execute("bad", done::countDown);
            assertThat(done.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void add(List<String> order, String name, CountDownLatch done) {
        order.add(name);
        done.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
