package dev.holdfast.store.queue;

import dev.holdfast.request.Status;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as the writer needs it.
 *
 * @param created steady microseconds
 * @param cacheTtl microseconds
 * @param interest requests that still want its result
 */
public record Job(
        long id,
        int upstream,
        String route,
        int client,
        UUID request,
        long keyHigh,
        long keyLow,
        String params,
        Status status,
        long turn,
        @Nullable Long due,
        int attempts,
        int charged,
        boolean repeatable,
        long created,
        long cacheTtl,
        int interest,
        @Nullable Long cachedUntil) {}
