package dev.holdfast.store.transition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.Priority;
import dev.holdfast.store.queue.FairTurns;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.FairTurns.Fit;
import dev.holdfast.store.queue.Precedence;
import dev.holdfast.store.queue.Precedence.Choice;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.transition.ClaimRules.Grant;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which of an upstream's jobs get its free slots. */
public final class Choosing {
    private Choosing() {}

    /** What waits in one queue of a class, as the dialect reads it: in the order of turns. */
    public interface Waiting {
        /** Whatever they cost. */
        List<Candidate> any(Line line, int most) throws SQLException;

        /** Those that cost something of exactly these units. */
        List<Candidate> of(Line line, String units, int most) throws SQLException;

        /** The next units that some cost, after these; null if there are none. */
        @Nullable String unitsAfter(Line line, String units) throws SQLException;
    }

    /**
     * One of an upstream's queues.
     *
     * @param retries retries that are due, or first tries
     */
    public record Line(Priority priority, boolean retries) {}

    /**
     * Who goes.
     *
     * @param jobs numbers in the order in which they go
     * @param probe whether the call is one
     */
    public record Chosen(List<Long> jobs, boolean probe) {}

    /**
     * Chooses as many as there are slots for, and keeps the queue's accounts of that.
     *
     * @param calls to the upstream
     */
    public static Chosen choose(
            Transaction tx,
            Queue queue,
            Grant grant,
            Occupancy calls,
            UnitRoom room,
            Waiting waiting)
            throws SQLException {
        int slots = grant.slots();
        boolean inOrder = queue.partition() != null && queue.partition().fifo();
        Map<Line, List<Candidate>> lines = new LinkedHashMap<>();
        for (Priority each : Priority.ALL) {
            for (boolean retries : new boolean[] {false, true}) {
                Line line = new Line(each, retries);
                boolean any =
                        queue.rank(each).lanes(retries).jobs() > 0
                                && (retries || !queue.holdsFirstTries());
                lines.put(line, any ? waiting.any(line, slots) : List.of());
            }
        }
        while (true) {
            room.begin();
            List<FairTurns> classes =
                    Priority.ALL.stream()
                            .map(
                                    each ->
                                            new FairTurns(
                                                    queue.rank(each).credit(),
                                                    lines.getOrDefault(
                                                            new Line(each, false), List.of()),
                                                    lines.getOrDefault(
                                                            new Line(each, true), List.of()),
                                                    job ->
                                                            inOrder && room.holds()
                                                                    ? Fit.KEPT
                                                                    : room.take(job)))
                            .toList();
            Choice choice = Precedence.choose(slots, queue.beat(), classes);
            if (choice.jobs().size() == slots
                    || !room.holds()
                    || !addOthers(lines, waiting, room, slots)) {
                Chosen chosen = orProbe(choice, grant, calls.inFlight(), queue, room);
                room.chosen();
                if (!chosen.jobs().isEmpty()) {
                    queue.served(
                            choice.beat(),
                            classes.stream().map(FairTurns::credit).toList(),
                            tx.undo);
                }
                return chosen;
            }
        }
    }

    /** Where missing calls hold what the job takes whose turn it is, it finds out about them. */
    private static Chosen orProbe(
            Choice choice, Grant grant, int inFlight, Queue queue, UnitRoom room)
            throws SQLException {
        // What this very claim has taken, for the upstream or another partition, will tell, too.
        int all = Math.max(inFlight, queue.root().running());
        int own = queue.partition() == null ? all : queue.ownRunning();
        Candidate probe = choice.jobs().isEmpty() ? room.probe(all, own) : null;
        return probe == null
                ? new Chosen(choice.jobs(), grant.probe())
                : new Chosen(List.of(probe.job()), true);
    }

    /**
     * Adds those behind them that take nothing of what is kept for a job before them.
     *
     * @return whether there were any
     */
    private static boolean addOthers(
            Map<Line, List<Candidate>> lines, Waiting waiting, UnitRoom room, int most)
            throws SQLException {
        boolean added = false;
        for (Map.Entry<Line, List<Candidate>> each : lines.entrySet()) {
            if (each.getValue().size() < most) {
                continue; // all of them are there
            }
            Line line = each.getKey();
            Map<Long, Candidate> all = new LinkedHashMap<>();
            each.getValue().forEach(job -> all.put(job.job(), job));
            for (String names = ""; names != null; names = waiting.unitsAfter(line, names)) {
                if (room.isOpen(names)) {
                    waiting.of(line, names, most).forEach(job -> all.put(job.job(), job));
                }
            }
            if (all.size() > each.getValue().size()) {
                List<Candidate> sorted = new ArrayList<>(all.values());
                sorted.sort(
                        Comparator.comparingLong(Candidate::turn)
                                .thenComparingInt(Candidate::client));
                each.setValue(sorted);
                added = true;
            }
        }
        return added;
    }
}
