package dev.holdfast.simulation;

import dev.holdfast.request.Priority;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/** The check of P6's floors: of any twenty calls that leave while all classes wait. */
final class Floors {
    /** Calls that are looked at together. */
    private static final int SLOTS = 20;

    private static final int OF_NORMAL = 6;
    private static final int OF_LOW = 2;

    /** A call may have been chosen so long before it leaves. */
    private static final Duration CHOSEN = Simulation.SLACK.plus(SimulatedProcess.LONGEST_STALL);

    private final World world;
    private final LongPredicate steadySince;
    private final Consumer<String> violation;
    private final Deque<Left> last = new ArrayDeque<>();
    private int checked;

    private record Left(Priority priority, long at) {}

    /**
     * Sees one seed's calls.
     *
     * @param steadySince whether no disk was slow since then: calls that were chosen come too late
     *     to be made, and nobody has their slots
     * @param violation told what broke P6
     */
    Floors(World world, LongPredicate steadySince, Consumer<String> violation) {
        this.world = world;
        this.steadySince = steadySince;
        this.violation = violation;
    }

    int checked() {
        return checked;
    }

    /** What was chosen may not leave now. */
    void interrupted() {
        last.clear();
    }

    /**
     * A call leaves.
     *
     * @param queuedSince what still waits, and since when that is known
     */
    void left(String message, Map<String, Long> queuedSince) {
        last.addLast(new Left(Scenario.priority(message), world.now()));
        if (last.size() < SLOTS) {
            return;
        }
        long since = last.getFirst().at() - CHOSEN.toNanos();
        boolean all =
                Priority.ALL.stream()
                        .allMatch(
                                each ->
                                        queuedSince.entrySet().stream()
                                                .anyMatch(
                                                        waiting ->
                                                                waiting.getValue() < since
                                                                        && isAlways(
                                                                                waiting.getKey(),
                                                                                each)));
        if (all && steadySince.test(since)) {
            checked++;
            List<Priority> left = last.stream().map(Left::priority).toList();
            long normal = left.stream().filter(Priority.NORMAL::equals).count();
            long low = left.stream().filter(Priority.LOW::equals).count();
            if (normal < OF_NORMAL || low < OF_LOW) {
                violation.accept("while all classes waited these left: " + left);
            }
        }
        last.removeFirst();
    }

    /** Whether it waits in that class until it is called. */
    private static boolean isAlways(String message, Priority priority) {
        return message.startsWith(priority.wire() + " ");
    }
}
