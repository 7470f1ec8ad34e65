package dev.holdfast.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example does what its comments say. */
class EmbeddedTest {
    @TempDir Path folder;

    private final List<Long> calls = new CopyOnWriteArrayList<>();
    private final ConcurrentHashMap<String, Integer> tries = new ConcurrentHashMap<>();

    /** Fails each word's first call. */
    private CompletionStage<Outcome> print(Upstream.Call call) {
        calls.add(System.nanoTime());
        String word = Objects.requireNonNull(call.params().get("word"));
        Outcome outcome =
                tries.merge(word, 1, Integer::sum) == 1
                        ? new Outcome.Failed(Outcome.Why.REFUSED, null, null, false)
                        : new Outcome.Done(new Result(200, word.toUpperCase(Locale.ROOT)));
        return CompletableFuture.completedFuture(outcome);
    }

    @Test
    void aProgramOfOnesOwnGetsWhatItAskedForWithinTheQuotaAndAsksNothingTwice() throws Exception {
        Path file = folder.resolve("holdfast.db");
        List<String> words = List.of("one", "two", "three");

        assertThat(Embedded.run(file, words, this::print)).containsExactly("ONE", "TWO", "THREE");
        assertThat(tries.values()).containsOnly(2);
        int limit = Embedded.QUOTA.limit();
        for (int i = limit; i < calls.size(); i++) {
            assertThat(calls.get(i) - calls.get(i - limit))
                    .isGreaterThanOrEqualTo(Embedded.QUOTA.length().toNanos());
        }

        // Another process, the same file: all is known.
        assertThat(Embedded.run(file, words, this::print)).containsExactly("ONE", "TWO", "THREE");
        assertThat(calls).hasSize(2 * words.size());
    }
}
