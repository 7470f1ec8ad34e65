package dev.holdfast.gateway.server;

import dev.holdfast.store.Viewer;

/**
 * Who sent a request.
 *
 * @param viewer its client, and whether it sees all
 * @param maxPending requests it may have unfinished
 */
public record Caller(Viewer viewer, int maxPending) {
    public int client() {
        return viewer.client();
    }

    boolean admin() {
        return viewer.all();
    }
}
