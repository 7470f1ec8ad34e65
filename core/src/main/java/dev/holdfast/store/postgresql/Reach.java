package dev.holdfast.store.postgresql;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a transaction needs the locks of.
 *
 * @param whole upstreams with all that is in them, by their names
 * @param parts of upstreams that may be shared, by their names; those whose partitions are not
 *     apart are locked as a whole
 * @param partitions of these, by the names of their queues
 */
record Reach(Set<String> whole, Set<String> parts, Set<String> partitions) {
    /** Upstreams with all that is in them. */
    static Reach of(Collection<String> upstreams) {
        return new Reach(Set.copyOf(upstreams), Set.of(), Set.of());
    }

    /**
     * Those that are shared, of upstreams whose partitions are apart. If one of those is wanted as
     * a whole all are: else two transactions, each of which has one and shares another, might wait
     * for each other.
     */
    Set<String> shared(Set<String> apart) {
        Set<String> shared = new TreeSet<>(parts);
        shared.retainAll(apart);
        shared.removeAll(whole);
        return whole.stream().anyMatch(apart::contains) ? Set.of() : shared;
    }

    /** All upstreams. */
    Set<String> upstreams() {
        Set<String> all = new TreeSet<>(whole);
        all.addAll(parts);
        return all;
    }
}
