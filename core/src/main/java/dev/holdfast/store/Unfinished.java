package dev.holdfast.store;

/**
 * Jobs of one route that wait for an upstream or run there.
 *
 * @param upstream its name when they were accepted
 * @param route their route's path then
 * @param jobs how many
 */
public record Unfinished(String upstream, String route, long jobs) {}
