package dev.holdfast.bench.store;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;

/**
 * A shard as a queue: asks come at random (Poisson), and one transaction after another takes all
 * that wait, so many at most, for as long as the measured ones took. Times in microseconds.
 */
final class ShardModel {
    /** As the store has it: writes in one transaction. */
    private static final int MAX_BATCH = 512;

    /** As the store has it: writes that may wait; more are refused. */
    private static final int MAX_WAITING = 32_768;

    private final BatchTimes times;
    private final RandomGenerator chance;

    ShardModel(BatchTimes times, RandomGenerator chance) {
        this.times = times;
        this.chance = chance;
    }

    /**
     * What came of it.
     *
     * @param waited times from ask to commit, in microseconds
     * @param refused asks that found the queue full
     * @param busy the share of the time in which a transaction ran
     */
    record Outcome(Histogram waited, long refused, double busy) {
        double millis(double percentile) {
            return waited.getValueAtPercentile(percentile) / 1e3;
        }
    }

    /** Plays so many seconds at a rate of asks a second. */
    Outcome play(double rate, double seconds) {
        double end = seconds * 1e6;
        double between = 1e6 / rate;
        Histogram waited = new Histogram(3);
        Deque<Double> waiting = new ArrayDeque<>();
        long refused = 0;
        double busy = 0;
        double next = gap(between);
        double now = 0;
        while (now < end) {
            if (waiting.isEmpty()) {
                now = Math.max(now, next);
                waiting.add(next);
                next += gap(between);
            }
            int batch = Math.min(MAX_BATCH, waiting.size());
            double takes = times.draw(batch, chance);
            now += takes;
            busy += takes;
            for (int i = 0; i < batch; i++) {
                waited.recordValue(Math.round(now - waiting.remove()));
            }
            for (; next <= now; next += gap(between)) {
                if (waiting.size() < MAX_WAITING) {
                    waiting.add(next);
                } else {
                    refused++;
                }
            }
        }
        return new Outcome(waited, refused, now == 0 ? 0 : busy / now);
    }

    private double gap(double mean) {
        return -mean * Math.log(1 - chance.nextDouble());
    }
}
