package dev.holdfast.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends so many things at once as there are threads, each by a seed of its own. */
final class Senders {
    private static final int THREADS = 32;

    private Senders() {}

    /** Sends one thing. */
    interface Sender {
        void send(long seed) throws Exception;
    }

    static void send(int count, long firstSeed, Sender sender) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Callable<Void> some =
                () -> {
                    for (int i; (i = next.getAndIncrement()) < count; ) {
                        long seed = firstSeed + i;
                        try {
                            sender.send(seed);
                        } catch (Exception | AssertionError e) {
                            throw new AssertionError("-Dholdfast.fuzz.seed=" + seed + ": " + e, e);
                        }
                    }
                    return null;
                };
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<Void>> done = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                done.add(threads.submit(some));
            }
            for (Future<Void> one : done) {
                one.get();
            }
        }
    }
}
