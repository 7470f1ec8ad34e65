package dev.holdfast.engine;

import dev.holdfast.request.CostRule;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.ResultShape;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A kind of call.
 *
 * @param path the route's path, its name
 * @param upstream the upstream's name
 * @param repeatable whether a call may be made again when it is not known if it took effect
 * @param cacheTtl how long results serve as cache; zero means not at all, which is the only choice
 *     where calls are not repeatable
 * @param cacheEntries results kept at most
 * @param shape how a result is shown
 * @param costs what its calls take of other units than calls, by their names
 * @param partition says whose an ask is; null where its upstream has no partitions
 */
public record RoutePolicy(
        String path,
        String upstream,
        boolean repeatable,
        Duration cacheTtl,
        long cacheEntries,
        ResultShape shape,
        Map<String, CostRule> costs,
        @Nullable PartitionBy partition) {
    public RoutePolicy {
        costs = Map.copyOf(costs);
        if (!repeatable && !cacheTtl.isZero()) {
            throw new IllegalArgumentException(
                    path + ": a call that is not repeatable is not answered by another's result");
        }
    }

    /** One of an upstream without partitions. */
    public RoutePolicy(
            String path,
            String upstream,
            boolean repeatable,
            Duration cacheTtl,
            long cacheEntries,
            ResultShape shape,
            Map<String, CostRule> costs) {
        this(path, upstream, repeatable, cacheTtl, cacheEntries, shape, costs, null);
    }

    /** One whose calls cost nothing but a call. */
    public RoutePolicy(
            String path,
            String upstream,
            boolean repeatable,
            Duration cacheTtl,
            long cacheEntries,
            ResultShape shape) {
        this(path, upstream, repeatable, cacheTtl, cacheEntries, shape, Map.of(), null);
    }
}
