package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A result may have 1 MiB: however slow an event loop is, few are read that it did not take. */
@Timeout(60)
class HandingTest {
    private static final int READS = 50;
    private static final int CLIENT = 1;

    private final Vertx vertx = Vertx.vertx();
    private final Context loop = vertx.getOrCreateContext();
    private final Blocking blocking = new Blocking();
    private final AtomicInteger untaken = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch all = new CountDownLatch(READS);

    @AfterEach
    void stop() throws Exception {
        blocking.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void nothingIsReadThatAnEventLoopDoesNotTake() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        loop.runOnContext(_ -> await(go));
        for (int i = 0; i < READS; i++) {
            var _ =
                    blocking.read(CLIENT, this::read)
                            .whenComplete((_, _) -> Handing.over(loop, this::taken));
        }
        asked.countDown();
        // More would be read by now if nobody waited.
        boolean _ = all.await(200, TimeUnit.MILLISECONDS);
        go.countDown();
        assertThat(all.await(50, TimeUnit.SECONDS)).isTrue();
        assertThat(most).hasValueLessThanOrEqualTo(Blocking.MAX_READING_OF_CLIENT);
    }

    @Test
    void whoeverIsNoReaderGoesOnAtOnce() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        loop.runOnContext(_ -> await(go));
        Handing.over(loop, ran::countDown);
        go.countDown();
        assertThat(ran.await(50, TimeUnit.SECONDS)).isTrue();
    }

    /** What is read before anybody asked for its end would be handed over by who asks. */
    private int read() {
        await(asked);
        int now = untaken.incrementAndGet();
        most.accumulateAndGet(now, Math::max);
        return now;
    }

    private void taken() {
        untaken.decrementAndGet();
        all.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
