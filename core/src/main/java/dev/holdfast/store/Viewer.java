package dev.holdfast.store;

/**
 * Who looks or acts.
 *
 * @param client the client's number
 * @param all whether every client's requests are in reach (admin keys)
 */
public record Viewer(int client, boolean all) {}
