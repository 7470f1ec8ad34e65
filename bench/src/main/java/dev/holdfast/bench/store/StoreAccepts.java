package dev.holdfast.bench.store;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Durable accepts by the store alone, without HTTP: so many under way at once. */
final class StoreAccepts implements AutoCloseable {
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final AtomicLong failed = new AtomicLong();
    private final Store store;
    private final String upstream;

    /** The partitions that it asks of in turn; empty if the upstream has none. */
    private final List<String> partitions;

    private int asked;
    private volatile @Nullable Throwable why;

    StoreAccepts(Path file) {
        this(SqliteStore.open(file, StoreOptions.DEFAULT), "api");
    }

    /** Of a store that it closes, to one upstream. */
    StoreAccepts(Store store, String upstream) {
        this(store, upstream, List.of());
    }

    /** The same in some of its partitions, one after the other. */
    StoreAccepts(Store store, String upstream, List<String> partitions) {
        this.store = store;
        this.upstream = upstream;
        this.partitions = partitions;
    }

    /** Has one call claimed, without a quota, so that it is known what the upstream is. */
    void claimOne() {
        Quota none = new Quota(List.of());
        store.claim(new ClaimAsk(upstream, none, 1, Duration.ofMinutes(1)))
                .toCompletableFuture()
                .join();
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
                                            why = failure;
                                        }
                                        window.release();
                                    });
        }
        window.acquire(underWay);
        if (failed.get() > 0) {
            throw new IllegalStateException(failed + " accepts failed", why);
        }
        return count / ((System.nanoTime() - began) / 1e9);
    }

    private NewRequest request() {
        JobKey key = new JobKey(random.nextLong(), random.nextLong());
        NewRequest ask =
                new NewRequest(
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
        if (partitions.isEmpty()) {
            return ask;
        }
        String partition = partitions.get(asked++ % partitions.size());
        return ask.at(NewRequest.Place.USUAL.in(partition, false));
    }

    @Override
    public void close() {
        store.close();
    }
}
