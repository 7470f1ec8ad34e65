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

    private record Path(String upstream, String route) {}

    private LeftOvers() {}

    /**
     * Looks whether every unfinished request has its route; blocking.
     *
     * @param shared whether other processes may serve the rest of the store: then it is a warning
     * @throws IllegalArgumentException if one has not
     */
    static void check(Store store, List<RoutePolicy> routes, boolean shared) {
        Set<Path> served = new HashSet<>();
        // Jobs follow their route to another upstream, if theirs is still called.
        for (RoutePolicy called : routes) {
            routes.forEach(route -> served.add(new Path(called.upstream(), route.path())));
        }
        for (Unfinished left : store.unfinished(MOST)) {
            boolean ours = !left.upstream().equals(EngineFetcher.UPSTREAM);
            if (ours && !served.contains(new Path(left.upstream(), left.route()))) {
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
    }
}
