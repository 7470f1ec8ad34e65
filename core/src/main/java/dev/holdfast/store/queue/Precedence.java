package dev.holdfast.store.queue;

import static dev.holdfast.request.Priority.HIGH;
import static dev.holdfast.request.Priority.LOW;
import static dev.holdfast.request.Priority.NORMAL;

import dev.holdfast.request.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Which class of priority gets an upstream's free slots (P6), one after the other by a round in
 * which each has its places: so of any twenty slots that go while all classes wait, at least six
 * are of the middle one and two of the lowest. A place whose class does not wait is the highest
 * one's that does. While only one class waits there is nothing to share and the round begins anew,
 * so that a higher one that comes then goes at once.
 */
public final class Precedence {
    private static final List<Priority> ROUND =
            List.of(HIGH, HIGH, NORMAL, HIGH, HIGH, NORMAL, HIGH, LOW, HIGH, NORMAL);

    private Precedence() {}

    /**
     * The choice.
     *
     * @param jobs numbers in the order in which they go
     * @param beat the place in the round that is next
     */
    public record Choice(List<Long> jobs, int beat) {}

    /**
     * Gives slots away, as many as there are or are wanted.
     *
     * @param beat the place in the round that is next
     * @param classes those who wait, the highest class first; each keeps its own account
     */
    public static Choice choose(int slots, int beat, List<FairTurns> classes) {
        List<Long> jobs = new ArrayList<>();
        int at = beat;
        while (jobs.size() < slots) {
            List<FairTurns> waiting = classes.stream().filter(FairTurns::isWaiting).toList();
            if (waiting.isEmpty()) {
                break;
            }
            FairTurns whose = classes.get(ROUND.get(at).number());
            OptionalLong next = (whose.isWaiting() ? whose : waiting.getFirst()).next();
            if (next.isPresent()) {
                at = waiting.size() == 1 ? 0 : (at + 1) % ROUND.size();
                jobs.add(next.getAsLong());
            }
        }
        return new Choice(jobs, at);
    }
}
