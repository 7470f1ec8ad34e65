package dev.holdfast.store.transition.partition;

import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions are in line: those with work of which nothing is known that keeps them from
 * their turn. Whatever happens in one that may end what kept it puts it in line again; if something
 * still does, the claim whose turn it comes to finds that out, once.
 *
 * <p>A partition's next turn is one more than its last, and never less than the turn that is next
 * for any (start-time fair queueing, as {@link Lanes} has it for clients). That one is not kept: it
 * is the first of those in line, or, if none is, the last that any had.
 */
public final class Places {
    /** For how long a partition with nothing in it stays, in microseconds: its turn is known. */
    static final long IDLE_KEPT = TimeUnit.MINUTES.toMicros(1);

    private Places() {}

    /** Puts in line, or takes out of it, what was stirred; and writes that. */
    public static void settle(Transaction tx) throws SQLException {
        Map<Integer, Long> next = new HashMap<>();
        List<Partition> moved = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (Queue queue : tx.met()) {
            Partition place = queue.partition();
            if (place == null) {
                continue;
            }
            if (place.wasStirred()) {
                settle(tx, queue, place, next);
            }
            place.waits(queue.ownWaiting(), tx.undo);
            if (place.moved()) {
                moved.add(place);
                numbers.add(queue.id);
            }
        }
        if (!moved.isEmpty()) {
            tx.write(moved, numbers);
            moved.forEach(Partition::forgetMoves);
        }
    }

    private static void settle(
            Transaction tx, Queue queue, Partition place, Map<Integer, Long> next)
            throws SQLException {
        if (queue.ownWaiting() == 0) {
            place.sleep(idle(tx, queue), tx.undo);
        } else if (queue.paused()) {
            place.sleep(null, tx.undo);
        } else if (place.line() == null) {
            lineUp(tx, queue, place, next);
        }
    }

    /** Nothing waits in it: when it may go, or null while calls are under way. */
    static @Nullable Long idle(Transaction tx, Queue queue) {
        return queue.ownRunning() > 0 ? null : Long.valueOf(tx.now() + IDLE_KEPT);
    }

    /**
     * Puts it in line.
     *
     * @param next turns of upstreams that are known to be next; more are added
     */
    static void lineUp(Transaction tx, Queue queue, Partition place, Map<Integer, Long> next)
            throws SQLException {
        int root = queue.root().id;
        Long known = next.get(root);
        long turn = known == null ? next(tx, root) : known;
        next.put(root, turn);
        place.lineUp(Math.max(turn, place.turn() + Lanes.TURN), tx.undo);
    }

    private static long next(Transaction tx, int root) throws SQLException {
        long first = tx.sql.number(PartitionSql.FIRST_TURN, root);
        return first != 0 ? first : tx.sql.number(PartitionSql.LAST_TURN, root);
    }
}
