package dev.holdfast.engine;

import dev.holdfast.request.ResultShape;
import java.time.Duration;

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
 */
public record RoutePolicy(
        String path,
        String upstream,
        boolean repeatable,
        Duration cacheTtl,
        long cacheEntries,
        ResultShape shape) {
    public RoutePolicy {
        if (!repeatable && !cacheTtl.isZero()) {
            throw new IllegalArgumentException(
                    path + ": a call that is not repeatable is not answered by another's result");
        }
    }
}
