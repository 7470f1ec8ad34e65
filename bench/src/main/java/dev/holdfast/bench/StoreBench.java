package dev.holdfast.bench;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.SqliteStore;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * How many requests a second the SQLite store accepts durably, and how long it takes to open.
 *
 * <p>Usage: {@code StoreBench FOLDER [in-flight] [rounds] [seconds] [prefill]}. One producer keeps
 * {@code in-flight} accepts under way, as so many connections would; each round prints its rate and
 * latencies. With {@code prefill} as many requests are queued first.
 */
public final class StoreBench {
    private static final int MILLION = 1_000_000;

    /** Latencies kept of one round; later ones are not. */
    private static final int MAX_SAMPLES = 4 * MILLION;

    private final Store store;
    private final int inFlight;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final Semaphore window;
    private final AtomicLong failed = new AtomicLong();

    private StoreBench(Store store, int inFlight) {
        this.store = store;
        this.inFlight = inFlight;
        this.window = new Semaphore(inFlight);
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0]).resolve("bench.db");
        int inFlight = number(args, 1, 64);
        int rounds = number(args, 2, 5);
        int seconds = number(args, 3, 3);
        int prefill = number(args, 4, 0);
        boolean old = Files.exists(file);
        long start = System.nanoTime();
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            double millis = (System.nanoTime() - start) / 1e6;
            System.out.printf("opened %s file in %.0f ms%n", old ? "the old" : "a new", millis);
            StoreBench bench = new StoreBench(store, inFlight);
            if (prefill > 0) {
                System.out.printf("prefill: %s%n", new StoreBench(store, 512).count(prefill));
            }
            String[] results = new String[rounds];
            for (int i = 0; i < rounds; i++) {
                results[i] = bench.forSeconds(seconds);
                System.out.println(results[i]);
            }
        }
        System.out.println(memory());
    }

    private String count(int requests) throws InterruptedException {
        long[] latencies = new long[requests];
        long start = System.nanoTime();
        for (int i = 0; i < requests; i++) {
            accept(latencies, i);
        }
        return finish(latencies, requests, start);
    }

    private String forSeconds(int seconds) throws InterruptedException {
        long[] latencies = new long[MAX_SAMPLES];
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(seconds).toNanos();
        int count = 0;
        while (System.nanoTime() < end && count < MAX_SAMPLES) {
            accept(latencies, count++);
        }
        return finish(latencies, count, start);
    }

    private void accept(long[] latencies, int index) throws InterruptedException {
        window.acquire();
        long sent = System.nanoTime();
        var _ =
                store.accept(request())
                        .whenComplete(
                                (accepted, failure) -> {
                                    latencies[index] = System.nanoTime() - sent;
                                    if (failure != null) {
                                        failed.incrementAndGet();
                                    }
                                    window.release();
                                });
    }

    private String finish(long[] latencies, int count, long start) throws InterruptedException {
        window.acquire(inFlight);
        double seconds = (System.nanoTime() - start) / 1e9;
        window.release(inFlight);
        long[] sorted = Arrays.copyOf(latencies, count);
        Arrays.sort(sorted);
        return String.format(
                "%,.0f accepts/s, p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, failed %d",
                count / seconds,
                sorted[count / 2] / 1e6,
                sorted[(int) (count * 0.99)] / 1e6,
                sorted[(int) (count * 0.999)] / 1e6,
                failed.get());
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

    private static String memory() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS") || line.startsWith("VmHWM"))
                    .reduce("", (a, b) -> a + b.replaceAll("\\s+", " ") + "; ");
        } catch (IOException _) {
            return "memory unknown";
        }
    }

    private static int number(String[] args, int index, int otherwise) {
        return args.length > index ? Integer.parseInt(args[index]) : otherwise;
    }
}
