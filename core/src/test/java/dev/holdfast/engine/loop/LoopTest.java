package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LoopTest {
    private static final long LONG_SECONDS = 60;

    @Test
    void whateverATaskThrowsTheNextOneRunsOnTheSameThread() throws InterruptedException {
        BlockingQueue<Thread> ran = new LinkedBlockingQueue<>();
        try (Loop loop = new Loop("tried")) {
            loop.execute(() -> ran.add(Thread.currentThread()));
            Thread first = ran.poll(LONG_SECONDS, TimeUnit.SECONDS);
            for (Throwable thrown :
                    List.of(
                            new IllegalStateException("as told"),
                            new LinkageError("as told"),
                            new Exception("as told, though nobody declared it"))) {
                loop.execute(() -> LoopTest.<RuntimeException>sneak(thrown));
                loop.after(Duration.ZERO, () -> LoopTest.<RuntimeException>sneak(thrown));
                loop.after(Duration.ofMillis(1), () -> ran.add(Thread.currentThread()));
                assertThat(ran.poll(LONG_SECONDS, TimeUnit.SECONDS)).isSameAs(first).isNotNull();
            }
        }
    }

    @Test
    void whatARoundHandsOverLeavesTogetherAndInOrder() throws InterruptedException {
        List<List<String>> parcels = new ArrayList<>();
        List<String> came = new ArrayList<>();
        CountDownLatch queued = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        int tasks = 2 * LoopThread.ROUND + 1;
        try (Loop loop = new Loop("tried")) {
            Executor place =
                    parcel -> {
                        came.clear();
                        parcel.run();
                        parcels.add(List.copyOf(came));
                        if (came.contains("the last")) {
                            ended.countDown();
                        }
                    };
            Executor closed =
                    _ -> {
                        throw new RejectedExecutionException("as told");
                    };
            loop.execute(() -> waitFor(queued));
            for (int i = 1; i < tasks; i++) {
                String name = i == tasks - 1 ? "the last" : "step " + i;
                loop.execute(
                        () -> {
                            hand(closed, () -> {});
                            hand(place, () -> came.add(name));
                        });
            }
            queued.countDown();
            assertThat(ended.await(LONG_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(parcels).hasSize(3);
        assertThat(parcels.get(0)).hasSize(LoopThread.ROUND - 1).startsWith("step 1", "step 2");
        assertThat(parcels.get(1)).hasSize(LoopThread.ROUND);
        assertThat(parcels.get(2)).containsExactly("the last");
    }

    private static void hand(Executor place, Runnable step) {
        ((LoopThread) Thread.currentThread()).hand(place, step);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            assertThat(latch.await(LONG_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Throws it, whether or not it may be. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable what) throws T {
        throw (T) what;
    }
}
