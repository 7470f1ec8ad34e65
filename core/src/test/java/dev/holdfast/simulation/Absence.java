package dev.holdfast.simulation;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.request.Outcome;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The check of an upstream at which nobody is at home: it is called by one at a time. It counts as
 * the engine should, from what calls found.
 */
final class Absence {
    /** Until what was found is written, and what was claimed before has left. */
    private static final Duration KNOWN =
            Duration.ofSeconds(3).plus(Simulation.SLACK).plus(SimulatedProcess.LONGEST_STALL);

    private final World world;
    private final BiConsumer<String, String> violation;
    private final Set<String> lookers = new HashSet<>();

    /** Calls in a row that found nobody, of all processes. */
    private int inARow;

    /** Those that the process knows of that runs. */
    private int known;

    private long since = Long.MAX_VALUE;
    private long answered = Long.MIN_VALUE;
    int checked;

    Absence(World world, BiConsumer<String, String> violation) {
        this.world = world;
        this.violation = violation;
    }

    void left(String message) {
        if (since < world.now() - KNOWN.toNanos()) {
            lookers.add(message);
            checked++;
            if (lookers.size() > 1) {
                violation.accept("P4", lookers + " called at once, though nobody is at home");
            }
        }
    }

    void settled(String message, Outcome outcome) {
        lookers.remove(message);
        if (foundNobody(outcome)) {
            inARow++;
            known++;
            if (known >= BreakerPolicy.DEFAULT.failures() && since == Long.MAX_VALUE) {
                since = world.now();
            }
        } else if (isAnswer(outcome)) {
            inARow = 0;
            known = 0;
            since = Long.MAX_VALUE;
            answered = world.now();
        }
    }

    /** The process is gone with what it knew and had not written. */
    void crashed() {
        lookers.clear();
        known = 0;
        if (since >= world.now() - KNOWN.toNanos()) {
            since = Long.MAX_VALUE;
        }
    }

    /** Somebody resumes it: what is not paused, as after a lost pause, is called as ever then. */
    void resumed() {
        lookers.clear();
        known = 0;
        since = Long.MAX_VALUE;
    }

    /** Whether it may be known of nobody at home, or may have been until just now. */
    boolean isPossible() {
        return inARow >= BreakerPolicy.DEFAULT.failures()
                || since != Long.MAX_VALUE
                || answered >= world.now() - KNOWN.toNanos();
    }

    /** Whether a call that found this was charged to nobody. */
    boolean isUncharged(Outcome outcome) {
        return foundNobody(outcome) && inARow >= BreakerPolicy.DEFAULT.failures();
    }

    private static boolean foundNobody(Outcome outcome) {
        return outcome instanceof Outcome.Failed failed
                && failed.status() == null
                && switch (failed.why()) {
                    case REFUSED, RESET, TIMEOUT -> true;
                    case STATUS, GARBAGE, CRASH -> false;
                };
    }

    private static boolean isAnswer(Outcome outcome) {
        return !(outcome instanceof Outcome.Failed failed) || failed.status() != null;
    }
}
