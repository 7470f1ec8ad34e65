package dev.holdfast.gateway.console;

import dev.holdfast.engine.UpstreamView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last quarter of an hour of each upstream, for the charts. Not for several threads at once.
 */
final class History {
    /** Points kept for each upstream; one a second. */
    static final int MAX_POINTS = 900;

    private final Map<String, Deque<Point>> points = new LinkedHashMap<>();

    /**
     * An upstream at one moment.
     *
     * @param atMillis wall time
     * @param etaMillis until the backlog is done, or null
     * @param successRate as {@link UpstreamView} says, or null
     */
    record Point(
            long atMillis,
            long queued,
            long retrying,
            @Nullable Long etaMillis,
            @Nullable Double successRate,
            long latencyMillis) {
        static Point of(UpstreamView view, Instant at) {
            Duration eta = view.drainsIn();
            return new Point(
                    at.toEpochMilli(),
                    view.queued(),
                    view.retrying(),
                    eta == null ? null : (Long) eta.toMillis(),
                    view.successRate(),
                    view.latency().toMillis());
        }
    }

    /** Adds a point for each upstream and forgets what is too old. */
    void add(List<UpstreamView> views, Instant at) {
        for (UpstreamView view : views) {
            Deque<Point> kept = points.computeIfAbsent(view.name(), _ -> new ArrayDeque<>());
            kept.addLast(Point.of(view, at));
            if (kept.size() > MAX_POINTS) {
                kept.removeFirst();
            }
        }
    }

    /** The upstreams there are points of. */
    List<String> upstreams() {
        return List.copyOf(points.keySet());
    }

    /** An upstream's points, oldest first. */
    List<Point> of(String upstream) {
        return List.copyOf(points.getOrDefault(upstream, new ArrayDeque<>()));
    }
}
