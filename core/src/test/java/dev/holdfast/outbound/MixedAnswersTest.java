package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import dev.holdfast.request.Outcome;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Calls at random, each with an answer of the corpus, eight at a time over connections that are
 * kept: whatever came before on a connection, each call gets its own answer and is made once.
 *
 * <p>{@code -Dholdfast.mixed.calls=100000} plays so many, {@code -Dholdfast.mixed.seed=N} the same
 * ones again.
 */
@Timeout(1800)
class MixedAnswersTest {
    private static final int AT_ONCE = 8;
    private static final int SHORT = 2_000;
    private static final int LONGEST_SECONDS = 60;

    /** Of the answers, one in so many is a plain one, so that connections live for a while. */
    private static final int PLAIN_EVERY = 2;

    private final int calls = Integer.getInteger("holdfast.mixed.calls", SHORT);
    private final long seed = Long.getLong("holdfast.mixed.seed", new Random().nextLong());
    private final List<Script> scripts = CorpusCalls.upstreamScripts();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Semaphore turns = new Semaphore(AT_ONCE);

    /** One call: its token, and the script that answers it or null for a plain answer. */
    private record Mixed(String q, @Nullable Script script) {
        boolean means(String words) {
            return script == null
                    ? words.equals("done own-" + q)
                    : CorpusCalls.means(script, q, words);
        }
    }

    @Test
    void noAnswerIsEverAnothersWhateverCameBefore() throws Exception {
        long started = System.nanoTime();
        Vertx vertx = Vertx.vertx();
        try (var server = new CorpusServer(scripts, CorpusCalls.PLAIN);
                HttpUpstream upstream = CorpusCalls.upstream(vertx, server, AT_ONCE)) {
            play(upstream);
            assertThat(wrong).as("seed " + seed).isEmpty();
            assertThat(IntStream.range(0, calls).mapToObj(CorpusCalls::token))
                    .as("seed " + seed)
                    .allMatch(q -> server.came(q) == 1);
            System.out.printf(
                    "%,d mixed answers over %,d connections in %.1f s: each its request's own; %,d"
                            + " interim passed over, %,d connections closed for a surplus, %,d for"
                            + " what is not HTTP; seed %d%n",
                    calls,
                    server.connections(),
                    (System.nanoTime() - started) / 1e9,
                    upstream.wire().interimAnswers(),
                    upstream.wire().surplusAnswers(),
                    upstream.wire().notHttpAnswers(),
                    seed);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    private void play(HttpUpstream upstream) throws InterruptedException {
        var random = new Random(seed);
        List<Script> played = scripts.stream().filter(MixedAnswersTest::mixes).toList();
        for (int i = 0; i < calls; i++) {
            boolean plain = random.nextInt(PLAIN_EVERY) == 0;
            Script script = played.get(random.nextInt(played.size()));
            var call = new Mixed(CorpusCalls.token(i), plain ? null : script);
            turns.acquire();
            CorpusCalls.call(
                            upstream,
                            plain ? CorpusCalls.PLAIN_ROUTE : script.kind(),
                            plain ? "plain" : Integer.toString(scripts.indexOf(script)),
                            call.q())
                    .whenComplete((outcome, error) -> look(call, outcome, error));
        }
        assertThat(turns.tryAcquire(AT_ONCE, LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private void look(Mixed call, @Nullable Outcome outcome, @Nullable Throwable error) {
        String words = outcome == null ? String.valueOf(error) : CorpusCalls.words(outcome);
        if (!call.means(words)) {
            wrong.add(call + ": " + words);
        }
        turns.release();
    }

    /**
     * What comes under the next request cannot be told from that one's answer (RFC 9112, section
     * 9.2); megabytes show nothing here that they do not show alone.
     */
    private static boolean mixes(Script script) {
        return !script.late() && !script.word().equals("too-large");
    }
}
