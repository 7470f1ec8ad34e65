package dev.holdfast.bench.store;

import dev.holdfast.store.CommitWatch;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How long transactions of so many writes took, as a store's writer told: a line fitted through
 * them, and how far each was from it.
 */
final class BatchTimes implements CommitWatch {
    private static final int MAX_SAMPLES = 1_000_000;

    private final List<Sample> samples = new ArrayList<>();
    private double eachMicros;
    private double fixedMicros;
    private double[] factors = {1};

    private record Sample(int writes, double micros) {}

    @Override
    public synchronized void committed(int writes, long nanos) {
        if (samples.size() < MAX_SAMPLES) {
            samples.add(new Sample(writes, nanos / 1e3));
        }
    }

    /** Forgets what was seen while all was cold. */
    synchronized void clear() {
        samples.clear();
    }

    /** Fits the line, by least squares, so that each size counts by its transactions. */
    synchronized void fit() {
        double n = samples.size();
        double meanWrites = samples.stream().mapToDouble(Sample::writes).sum() / n;
        double meanMicros = samples.stream().mapToDouble(Sample::micros).sum() / n;
        double up = 0;
        double down = 0;
        for (Sample sample : samples) {
            double off = sample.writes - meanWrites;
            up += off * (sample.micros - meanMicros);
            down += off * off;
        }
        if (down == 0) {
            throw new IllegalStateException("transactions of one size only: no line");
        }
        eachMicros = up / down;
        fixedMicros = Math.max(1, meanMicros - eachMicros * meanWrites);
        factors = samples.stream().mapToDouble(s -> s.micros / line(s.writes)).toArray();
    }

    int count() {
        return factors.length;
    }

    /** What a transaction costs beside its writes, in microseconds. */
    double fixedMicros() {
        return fixedMicros;
    }

    /** What each write adds, in microseconds. */
    double eachMicros() {
        return eachMicros;
    }

    /** The line's time for a transaction of so many, in microseconds. */
    double line(int writes) {
        return fixedMicros + eachMicros * writes;
    }

    /** The same, as much faster or slower as one of those that were seen. */
    double draw(int writes, RandomGenerator chance) {
        return line(writes) * factors[chance.nextInt(factors.length)];
    }
}
