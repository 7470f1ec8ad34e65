package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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

    /** Throws it, whether or not it may be. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable what) throws T {
        throw (T) what;
    }
}
