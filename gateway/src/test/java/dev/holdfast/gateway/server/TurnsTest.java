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

    /** On one thread: of two, one may stand still between its turn and what it then does. */
    @Test
    void ownersTakeTurnsWhateverTheyHaveWaiting() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(10);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        try (Turns turns = new Turns("test", 1, 1)) {
            turns.execute(
                    "first",
                    () -> {
                        held.countDown();
                        await(release);
                    });
            await(held);
            for (int i = 0; i < 8; i++) {
                turns.execute("busy", () -> add(order, "busy", done));
            }
            turns.execute("few", () -> add(order, "few", done));
            turns.execute("few", () -> add(order, "few", done));
            release.countDown();
            await(done);
        }
        assertThat(order).startsWith("busy", "few", "busy", "few", "busy", "busy");
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
