package dev.holdfast.pace;

import java.util.Map;

/**
 * What an upstream's calls so far tell of those to come.
 *
 * @param firstTries share of first calls that were the last one their job needed, 0 to 1
 * @param all how long jobs go on failing, whatever their route
 * @param routes the same by the routes' paths, of those that have a past
 * @param failing those that do
 */
public record Prospects(
        double firstTries, Recovery all, Map<String, Recovery> routes, Failing failing) {
    public Prospects {
        routes = Map.copyOf(routes);
    }

    /** How long a route's jobs go on failing. */
    public Recovery of(String route) {
        return routes.getOrDefault(route, all);
    }
}
