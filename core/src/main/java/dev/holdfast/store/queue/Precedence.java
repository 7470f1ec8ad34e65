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
     * @param beat the place in the round that is next, and which classes are asked before
     */
    public record Choice(List<Long> jobs, int beat) {}

    /**
     * Gives slots away, as many as there are or are wanted.
     *
     * @param beat as the choice before said it; 0 before any
     * @param classes those who wait, the highest class first; each keeps its own account
     */
    public static Choice choose(int slots, int beat, List<FairTurns> classes) {
        List<Long> jobs = new ArrayList<>();
        int at = beat % ROUND.size();
        int blocked = askBlocked(beat / ROUND.size(), slots, classes, jobs);
        while (jobs.size() < slots) {
            List<FairTurns> waiting = classes.stream().filter(FairTurns::isWaiting).toList();
            if (waiting.isEmpty()) {
                break;
            }
            int place = ROUND.get(at).number();
            boolean own = classes.get(place).isWaiting();
            FairTurns whose = own ? classes.get(place) : waiting.getFirst();
            OptionalLong next = whose.next();
            if (next.isPresent()) {
                at = waiting.size() == 1 ? 0 : (at + 1) % ROUND.size();
                jobs.add(next.getAsLong());
            } else if (own && whose.isBlocked()) {
                blocked |= 1 << place;
            }
        }
        return new Choice(jobs, at + ROUND.size() * blocked);
    }

    /**
     * Asks the classes that were blocked at their places, each once.
     *
     * @param blocked a bit for each of them
     * @param jobs where those go that fit
     * @return those that still are
     */
    private static int askBlocked(
            int blocked, int slots, List<FairTurns> classes, List<Long> jobs) {
        int still = blocked;
        for (int i = 0; i < classes.size(); i++) {
            FairTurns each = classes.get(i);
            if ((blocked & 1 << i) != 0 && jobs.size() < slots) {
                boolean waits = each.isWaiting();
                OptionalLong next = waits ? each.next() : OptionalLong.empty();
                next.ifPresent(jobs::add);
                still -= !waits || next.isPresent() ? 1 << i : 0;
            }
        }
        return still;
    }
}
