package dev.holdfast.bench.kit;

import java.util.Arrays;
import picocli.CommandLine.Option;

/** How long a measurement of rates goes on; medians of rounds are what counts. */
public final class Rounds {
    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "rounds that count (default: ${DEFAULT-VALUE})")
    public int rounds = 5;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "length of a round (default: ${DEFAULT-VALUE})")
    public int seconds = 3;

    /** The middle one. */
    public static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
