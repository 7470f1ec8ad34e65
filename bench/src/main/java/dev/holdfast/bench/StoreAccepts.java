package dev.holdfast.bench;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.SqliteStore;
import dev.holdfast.store.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Durable accepts by the store alone, without HTTP: so many under way at once. */
final class StoreAccepts implements AutoCloseable {
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final AtomicLong failed = new AtomicLong();
    private final SqliteStore store;

    StoreAccepts(Path file) {
        store = SqliteStore.open(file, StoreOptions.DEFAULT);
    }

    double perSecond(int underWay, Duration time) throws InterruptedException {
        Semaphore window = new Semaphore(underWay);
        long began = System.nanoTime();
        long end = began + time.toNanos();
        long count = 0;
        while (System.nanoTime() < end) {
            window.acquire();
            count++;
            var _ =
                    store.accept(request())
                            .whenComplete(
                                    (accepted, failure) -> {
                                        if (failure != null) {
                                            failed.incrementAndGet();
                                        }
                                        window.release();
                                    });
        }
        window.acquire(underWay);
        if (failed.get() > 0) {
            throw new IllegalStateException(failed + " accepts failed");
        }
        return count / ((System.nanoTime() - began) / 1e9);
    }

    private NewRequest request() {
        JobKey key = new JobKey(random.nextLong(), random.nextLong());
        return new NewRequest(
                UuidCreator.getTimeOrderedEpoch(),
                1,
                Integer.MAX_VALUE,
                "api",
                Integer.MAX_VALUE,
                "/crypto/sign",
                key,
                "{\"message\":\"message " + key.high() + "\"}",
                true,
                Duration.ofDays(30),
                null,
                null,
                null,
                null);
    }

    @Override
    public void close() {
        store.close();
    }
}
