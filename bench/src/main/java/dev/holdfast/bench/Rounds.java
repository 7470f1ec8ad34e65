package dev.holdfast.bench;

import java.util.Arrays;
import picocli.CommandLine.Option;

/** How long a measurement of rates goes on; medians of rounds are what counts. */
final class Rounds {
    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "rounds that count (default: ${DEFAULT-VALUE})")
    int rounds = 5;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "length of a round (default: ${DEFAULT-VALUE})")
    int seconds = 3;

    /** The middle one. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
