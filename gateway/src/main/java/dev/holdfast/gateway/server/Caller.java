package dev.holdfast.gateway.server;

import dev.holdfast.store.Viewer;

/**
 * Who sent a request.
 *
 * @param viewer its client, and whether it sees all
 * @param maxPending requests it may have unfinished
 * @param weight how often it has its turn, 1 to 16
 */
public record Caller(Viewer viewer, int maxPending, int weight) {
    public int client() {
        return viewer.client();
    }

    boolean admin() {
        return viewer.all();
    }
}
