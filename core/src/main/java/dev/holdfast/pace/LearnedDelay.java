package dev.holdfast.pace;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * How long after a job's first call its calls begin to succeed, as a route's own past tells: a
 * histogram on a logarithmic scale. A value: each success gives the next. Nobody sees the moment
 * itself, only the last call that failed and the first that did not; each such span is shared out
 * among its bins as the others before it fell (self-consistency, Turnbull 1976), and the older a
 * success is the less it weighs.
 */
public final class LearnedDelay {
    /** Successes until it is worth asking. */
    public static final int ENOUGH = 20;

    /** Successes that count, roughly: one more takes this part of all the others' weight. */
    private static final int MEMORY = 200;

    private static final double FIRST_EDGE_SECONDS = 0.5;

    /** Beyond an hour nothing is told apart. */
    private static final double LAST_EDGE_SECONDS = 3_600;

    /** Bins in each doubling of time: one is 12 % wide. */
    private static final int BINS_A_DOUBLING = 6;

    /** Of the bins, in seconds. */
    static final double[] EDGES = edges();

    static final int BINS = EDGES.length - 1;

    /** Weight of what was never seen, of one success in all: nothing is taken for impossible. */
    private static final double UNSEEN = 1.0 / BINS;

    /** In what is written a weight is a whole number of these. */
    private static final double PARTS = 1_000;

    /** Of a route that never had a call succeed after one that failed. */
    public static final LearnedDelay NOTHING = new LearnedDelay(0, new double[BINS]);

    private final int seen;
    private final double[] weights;

    private LearnedDelay(int seen, double[] weights) {
        this.seen = seen;
        this.weights = weights;
    }

    /** Successes it knows of, at most {@link #ENOUGH} however many there were. */
    public int seen() {
        return seen;
    }

    /**
     * With one success more.
     *
     * @param failed when the last call before it failed, since the first call
     * @param succeeded when the call was made that succeeded, since the first call; without effect
     *     unless it is later
     */
    public LearnedDelay with(Duration failed, Duration succeeded) {
        double from = seconds(failed);
        double to = seconds(succeeded);
        double all = mass(from, to);
        if (!(to > from) || !(all > 0)) {
            return this; // beyond the last edge, or no time at all
        }
        double[] next = new double[BINS];
        for (int bin = 0; bin < BINS; bin++) {
            double part = (weights[bin] + UNSEEN) * share(bin, from, to) / all;
            next[bin] = weights[bin] * (1 - 1.0 / MEMORY) + part;
        }
        return new LearnedDelay(Math.min(seen + 1, ENOUGH), next);
    }

    /**
     * The chance, 0 to 1, that a call succeeds if the one before it did not.
     *
     * @param failed when that one was made, since the first call
     * @param at when it would be made
     */
    public double chance(Duration failed, Duration at) {
        double left = mass(seconds(failed), LAST_EDGE_SECONDS);
        return left > 0 ? mass(seconds(failed), seconds(at)) / left : 0;
    }

    /**
     * When that chance is so much, since the first call; empty if not within an hour of it.
     *
     * @param failed when the last call was made, since the first call
     * @param worth a chance, over 0 and less than 1
     */
    public Optional<Duration> due(Duration failed, double worth) {
        double from = seconds(failed);
        double wanted = worth * mass(from, LAST_EDGE_SECONDS);
        for (int bin = 0; bin < BINS && wanted > 0; bin++) {
            double here = (weights[bin] + UNSEEN) * share(bin, from, LAST_EDGE_SECONDS);
            if (here >= wanted) {
                double start = Math.max(from, EDGES[bin]);
                double at = start + (EDGES[bin + 1] - start) * wanted / here;
                return Optional.of(Duration.ofNanos(Math.round(at * 1e9)));
            }
            wanted -= here;
        }
        return Optional.empty();
    }

    /** As {@link #read} takes it: how many were seen, and each bin's weight in thousandths. */
    public String write() {
        StringBuilder text = new StringBuilder().append(seen);
        for (double weight : weights) {
            text.append(' ').append(Math.round(weight * PARTS));
        }
        return text.toString();
    }

    /** What {@link #write} wrote; {@link #NOTHING} for anything else. */
    public static LearnedDelay read(String text) {
        String[] numbers = text.split(" ", -1);
        if (numbers.length != BINS + 1) {
            return NOTHING; // written by a version with other bins
        }
        try {
            double[] weights = new double[BINS];
            for (int bin = 0; bin < BINS; bin++) {
                weights[bin] = Math.clamp(Long.parseLong(numbers[bin + 1]) / PARTS, 0, MEMORY);
            }
            return new LearnedDelay(Math.clamp(Long.parseLong(numbers[0]), 0, ENOUGH), weights);
        } catch (NumberFormatException e) {
            return NOTHING;
        }
    }

    /** What fell into a bin. */
    double weight(int bin) {
        return weights[bin];
    }

    private double mass(double from, double to) {
        double mass = 0;
        for (int bin = 0; bin < BINS; bin++) {
            mass += (weights[bin] + UNSEEN) * share(bin, from, to);
        }
        return mass;
    }

    /** How much of a bin lies between, 0 to 1. */
    private static double share(int bin, double from, double to) {
        double between = Math.min(to, EDGES[bin + 1]) - Math.max(from, EDGES[bin]);
        return Math.max(0, between / (EDGES[bin + 1] - EDGES[bin]));
    }

    private static double[] edges() {
        int doublings = (int) Math.ceil(log2(LAST_EDGE_SECONDS / FIRST_EDGE_SECONDS));
        double[] edges = new double[doublings * BINS_A_DOUBLING + 2];
        for (int i = 1; i < edges.length; i++) {
            edges[i] = FIRST_EDGE_SECONDS * Math.pow(2, (i - 1) / (double) BINS_A_DOUBLING);
        }
        int bins = 1;
        while (edges[bins] < LAST_EDGE_SECONDS) {
            bins++;
        }
        edges[bins] = LAST_EDGE_SECONDS;
        return Arrays.copyOf(edges, bins + 1);
    }

    private static double log2(double number) {
        return Math.log(number) / Math.log(2);
    }

    private static double seconds(Duration duration) {
        return Math.max(0, duration.getSeconds() + duration.getNano() / 1e9);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LearnedDelay that
                && seen == that.seen
                && Arrays.equals(weights, that.weights);
    }

    @Override
    public int hashCode() {
        return 31 * seen + Arrays.hashCode(weights);
    }

    @Override
    public String toString() {
        return "LearnedDelay[" + write() + "]";
    }
}
