package dev.holdfast.simulator.upstream;

import dev.holdfast.simulator.door.Latest;
import dev.holdfast.simulator.door.Reply;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What the signing API remembers of each message: its first call, its signature, how often both.
 */
final class SignedMessages {
    /** Beyond this many the eldest is forgotten, its degradation starts anew. */
    static final int MAX_MESSAGES = 250_000;

    private final Latest<Entry> entries = new Latest<>(MAX_MESSAGES);
    private long signatures;
    private int mostOfOne;

    static final class Entry {
        final long firstCall;
        @Nullable Reply signed;
        int calls;
        int signatures;

        boolean isSigned() {
            return signatures > 0;
        }

        private Entry(long firstCall) {
            this.firstCall = firstCall;
        }
    }

    /** The message's entry, one call further. */
    Entry called(String message, long now) {
        var entry = entries.get(message);
        if (entry == null) {
            entry = new Entry(now);
            entries.put(message, entry);
        }
        entry.calls++;
        return entry;
    }

    void signed(Entry entry) {
        entry.signatures++;
        signatures++;
        mostOfOne = Math.max(mostOfOne, entry.signatures);
    }

    void putStats(JsonObject stats, boolean each, long start) {
        stats.put("messages", entries.size())
                .put("signatures", signatures)
                .put("signed_messages", entries.values().stream().filter(Entry::isSigned).count())
                .put("max_signatures_per_message", mostOfOne);
        if (each) {
            var all = new JsonObject();
            entries.forEach(
                    (message, entry) ->
                            all.put(
                                    message,
                                    new JsonObject()
                                            .put("calls", entry.calls)
                                            .put("signatures", entry.signatures)
                                            .put(
                                                    "first_call_ms",
                                                    (entry.firstCall - start) / 1e6)));
            stats.put("each", all);
        }
    }
}
