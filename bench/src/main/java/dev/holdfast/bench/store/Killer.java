package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.GatewayProcess;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Kills a gateway at random moments, and starts it again. */
final class Killer implements AutoCloseable {
    private final GatewayProcess gateway;
    private final long everyNanos;
    private final Random random;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread thread;
    private final AtomicInteger kills = new AtomicInteger();
    private volatile @Nullable IOException failure;

    /**
     * Begins.
     *
     * @param everySeconds how long it lives at most
     * @param seed of the moments
     */
    Killer(GatewayProcess gateway, int everySeconds, long seed) {
        this.gateway = gateway;
        everyNanos = TimeUnit.SECONDS.toNanos(everySeconds);
        random = new Random(seed);
        thread = Thread.ofPlatform().daemon(true).start(this::run);
    }

    int kills() {
        return kills.get();
    }

    /**
     * @throws IOException if the gateway did not come again: nobody need wait for it
     */
    void check() throws IOException {
        IOException why = failure;
        if (why != null) {
            throw new IOException("the gateway did not come again", why);
        }
    }

    /**
     * Leaves the gateway running.
     *
     * @return how often it was killed
     */
    int stop() throws IOException, InterruptedException {
        over.countDown();
        thread.join();
        check();
        return kills.get();
    }

    private void run() {
        try {
            while (!over.await(random.nextLong(everyNanos), TimeUnit.NANOSECONDS)) {
                gateway.kill();
                kills.incrementAndGet();
                gateway.startAgain();
            }
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException e) {
            failure = new IOException(e);
        } catch (RuntimeException e) {
            failure = new IOException(e);
        }
    }

    @Override
    public void close() {
        over.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
