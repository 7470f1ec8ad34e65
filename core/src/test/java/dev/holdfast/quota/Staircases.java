package dev.holdfast.quota;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/** Ledgers of which every call is known, as a plain list of when each settled. */
public final class Staircases {
    private Staircases() {}

    /** A step for each call. */
    public static Steps of(Collection<Instant> settled) {
        List<Instant> sorted = settled.stream().sorted().toList();
        return Steps.of(
                IntStream.range(0, sorted.size())
                        .mapToObj(call -> new Steps.Step(sorted.get(call), call + 1L)));
    }
}
