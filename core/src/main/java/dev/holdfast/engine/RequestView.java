package dev.holdfast.engine;

import dev.holdfast.store.RequestRecord;

/**
 * A request as its caller sees it.
 *
 * @param request as stored
 * @param position how many go before it, itself included; 0 when it is not queued
 * @param estimatedSeconds until its result, from the quota and the success rate seen; 0 when final
 */
public record RequestView(RequestRecord request, long position, long estimatedSeconds) {}
