package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When steps of pruning are asked for; by the thread of its own. */
@Timeout(60)
final class CheckpointsTest {
    private final BlockingQueue<Long> prunes = new LinkedBlockingQueue<>();
    private volatile boolean throwing;
    private final Checkpoints checkpoints =
            new Checkpoints(
                    new SqliteFile(Path.of("none.db"), false),
                    new Checkpoints.Chores() {
                        @Override
                        public void prune() {
                            prunes.add(System.nanoTime());
                            if (throwing) {
                                throw new IllegalStateException("simulated");
                            }
                        }

                        @Override
                        public void poll() {}

                        @Override
                        public void checkCounts() {}
                    });

    @AfterEach
    void stop() {
        checkpoints.stop();
    }

    @Test
    void aStepFollowsTheLastOneAfterItsPauseAndNotWhileOneIsUnderWay() throws Exception {
        checkpoints.start("checkpoints");
        next();
        assertThat(prunes.poll(1500, TimeUnit.MILLISECONDS)).as("one is under way").isNull();
        long pause = TimeUnit.MILLISECONDS.toNanos(300);
        long before = System.nanoTime();
        checkpoints.pruneAfter(pause);
        assertThat(next() - before).isGreaterThanOrEqualTo(pause);
        checkpoints.pruned();
        next();
    }

    @Test
    void aStepThatThrowsIsNotTheLast() throws Exception {
        throwing = true;
        checkpoints.start("checkpoints");
        next();
        next();
    }

    private long next() throws InterruptedException {
        Long at = prunes.poll(30, TimeUnit.SECONDS);
        assertThat(at).isNotNull();
        return at;
    }
}
