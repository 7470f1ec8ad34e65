package dev.holdfast.gateway.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much of something each client has now, so that no one takes all of it. Remembers only those
 * who have any. Safe for use by many threads.
 */
public final class Shares {
    private final int most;
    private final Map<Integer, Integer> taken = new ConcurrentHashMap<>();

    /**
     * @param most what one client may have at once
     */
    public Shares(int most) {
        this.most = most;
    }

    /** Takes one for a client; false if it has its share. */
    public boolean take(int client) {
        boolean[] got = {false};
        taken.compute(
                client,
                (_, has) -> {
                    int now = has == null ? 0 : has;
                    got[0] = now < most;
                    return got[0] ? Integer.valueOf(now + 1) : has;
                });
        return got[0];
    }

    /** Gives one back. */
    public void give(int client) {
        taken.computeIfPresent(client, (_, has) -> has == 1 ? null : has - 1);
    }

    /** Clients that have any. */
    int clients() {
        return taken.size();
    }
}
