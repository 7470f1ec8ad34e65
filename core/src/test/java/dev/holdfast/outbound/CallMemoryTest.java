package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Params;
import dev.holdfast.store.Contents;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What calls hold of a process's memory, however much an upstream answers. */
@Timeout(300)
class CallMemoryTest extends UpstreamCalls {
    /** As large as a text can be that is answered at once. */
    private static final int LARGE = 1 << 20;

    /** Whoever waits for room on a busy machine is not to be taken for one that never comes. */
    private static final Duration NEVER = Duration.ofHours(1);

    /** Of it, a large answer takes a third: as bytes, as text and as what is written. */
    private final CallMemory oneAtATime = CallMemory.ofHeap(100L << 20);

    private record Called(CompletableFuture<Outcome> outcome, CompletableFuture<Void> written) {}

    @Test
    void aLargeAnswerIsReadWhenTheOneBeforeIsOnDisk() throws Exception {
        String text = "x".repeat(LARGE);
        oneAfterTheOther("content-length: " + LARGE + "\r\n\r\n" + text);
    }

    @Test
    void soIsOneThatDoesNotSayItsLength() throws Exception {
        String text = "x".repeat(LARGE);
        oneAfterTheOther(
                "transfer-encoding: chunked\r\n\r\n"
                        + Integer.toHexString(LARGE)
                        + "\r\n"
                        + text
                        + "\r\n0\r\n\r\n");
    }

    private void oneAfterTheOther(String answer) throws Exception {
        try (RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n" + answer);
                HttpUpstream upstream = upstream(server, oneAtATime)) {
            List<Called> called = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                called.add(call(upstream));
            }
            while (!called.isEmpty()) {
                CompletableFuture.anyOf(outcomes(called)).get();
                List<Called> ended = called.stream().filter(one -> one.outcome.isDone()).toList();
                assertThat(ended).as("in memory at once").hasSize(1);
                Called last = ended.getFirst();
                assertThat(last.outcome.join()).isInstanceOf(Outcome.Done.class);
                called.remove(last);
                last.written.complete(null);
            }
            assertThat(oneAtATime.taken()).isZero();
        }
    }

    private static CompletableFuture<?>[] outcomes(List<Called> called) {
        return called.stream().map(Called::outcome).toArray(CompletableFuture<?>[]::new);
    }

    @Test
    void thereIsRoomForCallsAsLongAsTheMemoryGoesAndForOneWhereNoneIsUnderWay() throws Exception {
        CallMemory memory = CallMemory.ofHeap(16L * (CallMemory.call(64 << 10) * 4));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, memory);
                HttpUpstream other = upstream(server, memory)) {
            assertThat(upstream.room(10)).isEqualTo(2);
            assertThat(other.room(1)).isEqualTo(1);
            assertThat(other.room(10)).isEqualTo(1);
            assertThat(other.room(10)).as("always").isEqualTo(1);
            other.claimed();
            Called one = call(upstream);
            upstream.claimed();
            assertThat(memory.taken()).isEqualTo(CallMemory.call(2));

            assertThat(one.outcome.get()).isInstanceOf(Outcome.Done.class);
            assertThat(other.room(10)).isEqualTo(2);
            other.claimed();
            one.written.complete(null);
            assertThat(memory.taken()).isZero();
        }
    }

    private static HttpUpstream upstream(RawServer server, CallMemory memory) {
        return new HttpUpstream(
                vertx,
                options(URI.create("http://localhost:" + server.port()), NEVER, signTemplate()),
                () -> NOW,
                Contents.NONE,
                memory,
                () -> 0);
    }

    private static Called call(HttpUpstream upstream) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        Upstream.Call call =
                new Upstream.Call(
                        "/crypto/sign",
                        Params.of(Map.of("message", "hi")),
                        1,
                        "request",
                        null,
                        Body.none(),
                        null,
                        written);
        return new Called(upstream.call(call).toCompletableFuture(), written);
    }
}
