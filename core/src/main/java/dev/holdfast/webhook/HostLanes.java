package dev.holdfast.webhook;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The webhook hosts that something is known of. On the loop. */
final class HostLanes {
    /** Most hosts remembered; beyond that the eldest with nothing in memory is forgotten. */
    static final int MAX_HOSTS = 10_000;

    private final Map<String, HostLane> lanes = new LinkedHashMap<>();

    HostLane of(String host) {
        HostLane known = lanes.get(host);
        if (known != null) {
            return known;
        }
        if (lanes.size() >= MAX_HOSTS) {
            forgetEldest();
        }
        HostLane fresh = new HostLane(host);
        lanes.put(host, fresh);
        return fresh;
    }

    private void forgetEldest() {
        for (Iterator<HostLane> each = lanes.values().iterator(); each.hasNext(); ) {
            if (each.next().isEmpty()) {
                each.remove();
                return;
            }
        }
    }

    void forgetIfIdle(HostLane lane) {
        if (lane.isIdle()) {
            lanes.remove(lane.host(), lane);
        }
    }

    /** A copy, so that lanes may be forgotten on the way. */
    Collection<HostLane> all() {
        return List.copyOf(lanes.values());
    }
}
