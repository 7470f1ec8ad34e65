package dev.holdfast.app.serve;

import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.rates.source.EngineFetcher;
import dev.holdfast.store.Store;
import dev.holdfast.store.Store.Unfinished;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests that were promised under another configuration. Nobody would call them if their route or
 * its upstream had been renamed or taken out, so that is told before anything is served.
 */
final class LeftOvers {
    private static final Logger LOG = LoggerFactory.getLogger(LeftOvers.class);

    /** Jobs of an upstream that are looked at, of each kind; a start does not wait for more. */
    private static final int MOST = 10_000;

    private LeftOvers() {}

    /**
     * Looks whether every unfinished request has its route; blocking.
     *
     * @param shared whether other processes may serve the rest of the store: then it is a warning
     * @throws IllegalArgumentException if one has not
     */
    static void check(Store store, List<RoutePolicy> routes, boolean shared) {
        Set<String> upstreams = new HashSet<>();
        Set<String> paths = new HashSet<>();
        for (RoutePolicy route : routes) {
            upstreams.add(route.upstream());
            paths.add(route.path());
        }
        for (Unfinished left : owed(store, upstreams, paths)) {
            String told =
                    "the route "
                            + left.route()
                            + " of the upstream "
                            + left.upstream()
                            + " is not configured any more, but "
                            + left.jobs()
                            + " of its calls are still to be made; put both back under these"
                            + " names until they are done or their requests are cancelled"
                            + " (DELETE /v1/requests/{id})";
            if (!shared) {
                throw new IllegalArgumentException(told);
            }
            LOG.warn("{}", told);
        }
    }

    /**
     * What would be called by nobody; blocking.
     *
     * @param upstreams those that are called
     * @param routes the paths that lead to them; jobs follow theirs to another upstream, if their
     *     own is still called
     */
    static List<Unfinished> owed(Store store, Set<String> upstreams, Set<String> routes) {
        return store.unfinished(MOST).stream()
                .filter(left -> !left.upstream().equals(EngineFetcher.UPSTREAM))
                .filter(
                        left ->
                                !upstreams.contains(left.upstream())
                                        || !routes.contains(left.route()))
                .toList();
    }
}
