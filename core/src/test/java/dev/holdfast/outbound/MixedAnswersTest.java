package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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

    /** Of the answers, one in so many is a plain one, so that connections live for a while. */
    private static final int PLAIN_EVERY = 2;

    @Test
    void noAnswerIsEverAnothersWhateverCameBefore() throws Exception {
        int calls = Integer.getInteger("holdfast.mixed.calls", SHORT);
        long seed = Long.getLong("holdfast.mixed.seed", new Random().nextLong());
        var random = new Random(seed);
        List<Script> all = CorpusCalls.upstreamScripts();
        // What comes under the next request cannot be told from its answer (RFC 9112, section 9.2).
        List<Integer> played =
                java.util.stream.IntStream.range(0, all.size())
                        .filter(i -> !all.get(i).late() && !large(all.get(i)))
                        .boxed()
                        .toList();
        var wrong = new ConcurrentLinkedQueue<String>();
        var done = new CountDownLatch(calls);
        var turn = new Semaphore(AT_ONCE);
        Vertx vertx = Vertx.vertx();
        long started = System.nanoTime();
        try (var server = new CorpusServer(all, CorpusCalls.PLAIN);
                HttpUpstream upstream = CorpusCalls.upstream(vertx, server, AT_ONCE)) {
            for (int i = 0; i < calls; i++) {
                String q = CorpusCalls.token(i);
                boolean plain = random.nextInt(PLAIN_EVERY) == 0;
                int number = played.get(random.nextInt(played.size()));
                Script script = all.get(number);
                turn.acquire();
                CorpusCalls.call(
                                upstream,
                                plain ? CorpusCalls.PLAIN_ROUTE : script.kind(),
                                plain ? "plain" : Integer.toString(number),
                                q)
                        .whenComplete(
                                (outcome, error) -> {
                                    String words =
                                            error == null
                                                    ? CorpusCalls.words(outcome)
                                                    : error.toString();
                                    boolean right =
                                            plain
                                                    ? words.equals("done own-" + q)
                                                    : CorpusCalls.means(script, q, words);
                                    if (!right) {
                                        wrong.add(
                                                q
                                                        + " "
                                                        + (plain ? "plain" : script)
                                                        + ": "
                                                        + words);
                                    }
                                    turn.release();
                                    done.countDown();
                                });
            }
            assertThat(done.await(1_700, TimeUnit.SECONDS)).isTrue();
            assertThat(wrong).as("seed " + seed).isEmpty();
            List<String> notOnce = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                if (server.came(CorpusCalls.token(i)) != 1) {
                    notOnce.add(CorpusCalls.token(i));
                }
            }
            assertThat(notOnce).as("seed " + seed).isEmpty();
            System.out.printf(
                    "%,d mixed answers of %d scripts over %,d connections in %.1f s: each its"
                            + " request's own; %,d interim passed over, %,d connections closed for a"
                            + " surplus, %,d for what is not HTTP; seed %d%n",
                    calls,
                    played.size(),
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

    /** Megabytes show nothing here that they do not show alone. */
    private static boolean large(Script script) {
        return script.word().equals("too-large");
    }
}
