package dev.holdfast.quota;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was used up to which moment, as a staircase of which only some steps are known. What was
 * used between two of them counts as used at the later one: it frees no earlier than it would if
 * all were known, and at the known steps it is exact. So a million calls are a handful of steps.
 *
 * @param known newest first; the first one is the last of all
 */
public record Steps(List<Step> known) {
    /** Nothing was ever used. */
    public static final Steps NONE = new Steps(List.of());

    /**
     * A step.
     *
     * @param at when it was used
     * @param total what was used until then, with this, since the ledger began
     */
    public record Step(Instant at, long total) {}

    public Steps {
        known = List.copyOf(known);
    }

    /** Steps in any order, some of them perhaps twice. */
    public static Steps of(Stream<Step> steps) {
        List<Step> sorted = new ArrayList<>();
        steps.sorted(
                        Comparator.comparingLong(Step::total)
                                .thenComparing(Step::at, Comparator.reverseOrder())
                                .reversed())
                .forEach(
                        step -> {
                            if (sorted.isEmpty() || sorted.getLast().total() != step.total()) {
                                sorted.add(step);
                            }
                        });
        return new Steps(sorted);
    }

    /** All that was used. */
    public long total() {
        return known.isEmpty() ? 0 : known.getFirst().total();
    }

    /** What was used after that moment. */
    public long after(Instant moment) {
        for (Step step : known) {
            if (!step.at().isAfter(moment)) {
                return total() - step.total();
            }
        }
        return total();
    }

    /** When so much had been used, which is more than 0 and not more than all. */
    Instant reached(long total) {
        Instant at = known.getFirst().at();
        for (Step step : known) {
            if (step.total() < total) {
                return at;
            }
            at = step.at();
        }
        return at;
    }

    /** These and others of the same ledger. */
    public Steps with(Steps others) {
        return others.known.isEmpty()
                ? this
                : of(Stream.concat(known.stream(), others.known.stream()));
    }
}
