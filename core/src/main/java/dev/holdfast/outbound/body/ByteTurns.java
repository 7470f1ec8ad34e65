package dev.holdfast.outbound.body;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Bytes that are given in the order in which they are wanted. One who wants more than there is gets
 * it when nobody else has any. Safe for use by many threads.
 */
final class ByteTurns {
    private final long limit;
    private final Deque<Place> waiting = new ArrayDeque<>();
    private long taken;

    /** Somebody's bytes, or the wish for them. */
    static final class Place {
        private final long bytes;
        private final Runnable then;
        private boolean given;

        private Place(long bytes, Runnable then) {
            this.bytes = bytes;
            this.then = then;
        }
    }

    /**
     * @param limit bytes given at once, at least 1
     */
    ByteTurns(long limit) {
        this.limit = Math.max(1, limit);
    }

    /**
     * Wants so many bytes.
     *
     * @param then run, by whoever gives some back, when they are given later
     */
    synchronized Place want(long bytes, Runnable then) {
        Place place = new Place(bytes, then);
        if (waiting.isEmpty() && fits(place)) {
            given(place);
        } else {
            waiting.add(place);
        }
        return place;
    }

    synchronized boolean isGiven(Place place) {
        return place.given;
    }

    /** They are not wanted any more; nobody is told of what was not given until then. */
    void end(Place place) {
        next(place).forEach(Runnable::run);
    }

    private synchronized List<Runnable> next(Place ended) {
        if (ended.given) {
            taken -= ended.bytes;
        } else {
            waiting.remove(ended);
        }
        List<Runnable> told = new ArrayList<>();
        while (!waiting.isEmpty() && fits(waiting.getFirst())) {
            Place first = waiting.removeFirst();
            given(first);
            told.add(first.then);
        }
        return told;
    }

    private boolean fits(Place place) {
        return taken == 0 || place.bytes <= limit - taken;
    }

    private void given(Place place) {
        place.given = true;
        taken += place.bytes;
    }

    synchronized long taken() {
        return taken;
    }
}
