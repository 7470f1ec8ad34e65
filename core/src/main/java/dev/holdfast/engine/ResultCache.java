package dev.holdfast.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Results at hand: what a client got before is given to it again without the disk (P4). The store
 * stays the authority; what is not here is looked up there.
 */
final class ResultCache {
    /** Weight of all results kept at hand, in characters of their bodies and parameters. */
    private static final long MAX_CHARS = 16L << 20;

    /** What an entry weighs beside its text. */
    private static final int ENTRY_CHARS = 300;

    /** What a client asked; one client's answer has its own request's id. */
    private record Asked(JobKey key, int client) {}

    private final Cache<Asked, Answer.Ready> entries =
            Caffeine.newBuilder()
                    .maximumWeight(MAX_CHARS)
                    .weigher((Asked _, Answer.Ready ready) -> weight(ready.view().request()))
                    .executor(Runnable::run)
                    .build();

    private static int weight(RequestRecord request) {
        return ENTRY_CHARS + (int) Reads.chars(request);
    }

    /** What this client got for this call, if it is kept at {@code now}. */
    Answer.@Nullable Ready get(JobKey key, int client, Instant now) {
        Answer.Ready ready = entries.getIfPresent(new Asked(key, client));
        if (ready == null) {
            return null;
        }
        Instant until = ready.view().request().cachedUntil();
        return until != null && now.isBefore(until) ? ready : null;
    }

    /** Keeps a result, if its route allows that. */
    void put(JobKey key, RequestRecord request) {
        Instant until = request.cachedUntil();
        if (request.status() == Status.SUCCEEDED && until != null) {
            RequestView view = RequestView.ended(request);
            entries.put(
                    new Asked(key, request.client()),
                    new Answer.Ready(view, new Answer.Origin.Hit(until)));
        }
    }
}
