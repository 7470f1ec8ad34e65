package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Many messages signed at once, each one's line written as it ends. Used once. */
final class ManySignings {
    /** How soon it is seen that going on is no use. */
    private static final long LOOK_MILLIS = 100;

    private final Signing signing;
    private final URI url;
    private final SignedLines lines;
    private final Progress progress;
    private final int parallel;
    private final Semaphore places;
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicReference<@Nullable Failure> stop = new AtomicReference<>();

    /**
     * @param url where the gateway is, for messages
     * @param parallel how many are under way at once, at least 1
     */
    ManySignings(Signing signing, URI url, SignedLines lines, Progress progress, int parallel) {
        this.signing = signing;
        this.url = url;
        this.lines = lines;
        this.progress = progress;
        this.parallel = parallel;
        this.places = new Semaphore(parallel);
    }

    /**
     * Signs all; how many failed.
     *
     * @throws Failure as soon as going on is no use: nobody answers, or nothing can be written
     */
    int sign(List<String> messages) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                begin(messages, threads);
                boolean done = false;
                while (!done && stop.get() == null) {
                    done = places.tryAcquire(parallel, LOOK_MILLIS, TimeUnit.MILLISECONDS);
                }
            } finally {
                threads.shutdownNow(); // ends what still waits when it is no use
            }
        }
        Failure why = stop.get();
        if (why != null) {
            throw why;
        }
        return failed.get();
    }

    private void begin(List<String> messages, ExecutorService threads) throws InterruptedException {
        for (String message : messages) {
            places.acquire();
            if (stop.get() != null) {
                return;
            }
            threads.execute(() -> one(message));
        }
    }

    private void one(String message) {
        try {
            Signing.Ended ended = signing.sign(message);
            lines.write(message, ended);
            boolean good = ended instanceof Signing.Ended.Signed;
            failed.addAndGet(good ? 0 : 1);
            progress.step(good);
        } catch (IOException e) {
            stop.compareAndSet(null, Failure.failed(GatewayClient.silence(url, e)));
        } catch (Failure e) {
            stop.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            places.release();
        }
    }
}
