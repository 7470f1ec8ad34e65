package dev.holdfast.simulator.feed;

/** Latencies counted in steps of 0.1 ms up to 10 s; the longest exactly. */
final class Latencies {
    private static final long STEP_NANOS = 100_000;
    private static final int STEPS = 100_000;

    private final int[] counts = new int[STEPS + 1];
    private long total;
    private long longestNanos;

    void add(long nanos) {
        counts[(int) Math.min(STEPS, Math.max(0, nanos / STEP_NANOS))]++;
        total++;
        longestNanos = Math.max(longestNanos, nanos);
    }

    /** The latency in ms that so large a share of all stays below; 0 if there are none. */
    double millisAt(double share) {
        long rank = (long) Math.ceil(share * total);
        long seen = 0;
        for (int step = 0; step <= STEPS && rank > 0; step++) {
            seen += counts[step];
            if (seen >= rank) {
                return Math.min((step + 1) * STEP_NANOS, longestNanos) / 1e6;
            }
        }
        return 0;
    }

    double longestMillis() {
        return longestNanos / 1e6;
    }
}
