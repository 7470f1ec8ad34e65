package dev.holdfast.bench.store;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Durable accepts by the store alone, without HTTP: so many under way at once. */
final class StoreAccepts implements AutoCloseable {
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final AtomicLong failed = new AtomicLong();
    private final Store store;
    private final String upstream;

    StoreAccepts(Path file) {
        this(SqliteStore.open(file, StoreOptions.DEFAULT), "api");
    }

    /** Of a store that it closes, to one upstream. */
    StoreAccepts(Store store, String upstream) {
        this.store = store;
        this.upstream = upstream;
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
                upstream,
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
