package dev.holdfast.outbound.http;

import java.time.Duration;

/**
 * How much a client keeps.
 *
 * @param perTarget connections to one target at most, those being made included
 * @param waiting requests that wait for one of them at most, a target
 * @param keepAlive how long an unused connection is kept
 * @param maxHeadBytes largest head of an answer
 */
public record ConnectionLimits(int perTarget, int waiting, Duration keepAlive, int maxHeadBytes) {}
