package dev.holdfast.store;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A job has moved on, and that is on disk. */
public sealed interface JobChange {
    /** A call is under way. */
    record Running(int attempts) implements JobChange {}

    /** A call failed; another follows at {@code dueAt}, steady time, at the earliest. */
    record Retrying(int attempts, @Nullable Integer lastStatus, Instant dueAt)
            implements JobChange {}

    /** It has its result, which serves as cache until {@code cachedUntil}, steady time. */
    record Succeeded(
            int attempts,
            @Nullable Integer lastStatus,
            Instant completedAt,
            Result result,
            @Nullable Instant cachedUntil)
            implements JobChange {}

    /** There will be no result. */
    record Failed(int attempts, @Nullable Integer lastStatus, Instant completedAt, Failure failure)
            implements JobChange {}

    /** Where it stands now. */
    default Status status() {
        return switch (this) {
            case Running _ -> Status.RUNNING;
            case Retrying _ -> Status.RETRYING;
            case Succeeded _ -> Status.SUCCEEDED;
            case Failed _ -> Status.FAILED;
        };
    }

    /** Calls made so far, the one under way included. */
    int attempts();

    /** The upstream's status at the call that settled, or null. */
    default @Nullable Integer lastStatus() {
        return null;
    }

    /** Wall time, or null while it goes on. */
    default @Nullable Instant completedAt() {
        return null;
    }

    default @Nullable Result result() {
        return null;
    }

    default @Nullable Failure failure() {
        return null;
    }

    default @Nullable Instant dueAt() {
        return null;
    }

    default @Nullable Instant cachedUntil() {
        return null;
    }
}
