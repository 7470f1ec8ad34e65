package dev.holdfast.webhook;

import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The clients' ways to webhook hosts that something is known of. On the loop. */
final class HostLanes {
    /** Most ways remembered; beyond that the eldest with nothing in memory is forgotten. */
    static final int MAX_LANES = 10_000;

    private final Map<HostLane.Key, HostLane> lanes = new LinkedHashMap<>();
    private final Map<String, HostPlaces<HostLane>> hosts = new HashMap<>();

    HostLane of(int client, String host) {
        HostLane.Key key = new HostLane.Key(client, host);
        HostLane known = lanes.get(key);
        if (known != null) {
            return known;
        }
        if (lanes.size() >= MAX_LANES) {
            forgetEldest();
        }
        HostPlaces<HostLane> places = hosts.computeIfAbsent(host, _ -> new HostPlaces<>());
        HostLane fresh = new HostLane(key, places);
        places.add(fresh);
        lanes.put(key, fresh);
        return fresh;
    }

    private void forgetEldest() {
        for (Iterator<HostLane> each = lanes.values().iterator(); each.hasNext(); ) {
            HostLane lane = each.next();
            if (lane.isEmpty()) {
                each.remove();
                leave(lane);
                return;
            }
        }
    }

    void forgetIfIdle(HostLane lane) {
        if (lane.isIdle() && lanes.remove(lane.key(), lane)) {
            leave(lane);
        }
    }

    private void leave(HostLane lane) {
        HostPlaces<HostLane> places = lane.places();
        places.remove(lane);
        if (places.isEmpty()) {
            hosts.remove(lane.key().host(), places);
        }
    }

    /** A copy, so that lanes may be forgotten on the way. */
    Collection<HostLane> all() {
        return List.copyOf(lanes.values());
    }
}
