package dev.holdfast.webhook;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The calls to one webhook host by all clients together. A host that many share takes only so many
 * at once; a place that becomes free goes to the clients in turn. On the loop.
 *
 * @param <L> a client's way to the host
 */
final class HostPlaces<L> {
    /** Most calls to one host at once, whoever's they are. */
    static final int MAX_AT_ONCE = 16;

    private final Set<L> lanes = new LinkedHashSet<>();
    private int underWay;

    void add(L lane) {
        lanes.add(lane);
    }

    void remove(L lane) {
        lanes.remove(lane);
    }

    boolean isEmpty() {
        return lanes.isEmpty();
    }

    boolean isFree() {
        return underWay < MAX_AT_ONCE;
    }

    void take() {
        if (!isFree()) {
            throw new IllegalStateException("no place is free");
        }
        underWay++;
    }

    void give() {
        if (underWay == 0) {
            throw new IllegalStateException("no place is taken");
        }
        underWay--;
    }

    /** Whose turn it is for places that became free: all but this lane, then this one. */
    List<L> after(L lane) {
        if (lanes.remove(lane)) {
            lanes.add(lane);
        }
        return new ArrayList<>(lanes);
    }
}
