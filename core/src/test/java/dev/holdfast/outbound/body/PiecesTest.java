package dev.holdfast.outbound.body;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Body;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A large body on its way out of a store that cannot always read. */
@Timeout(60)
class PiecesTest {
    private static final int PIECES = 3;

    private final Vertx vertx = Vertx.vertx();
    private final Buffer sent = Buffer.buffer();
    private final CompletableFuture<Throwable> end = new CompletableFuture<>();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** Reads fail so often before each piece. */
    private static Contents failing(int failures) {
        AtomicInteger reads = new AtomicInteger();
        return new Contents() {
            @Override
            public CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes) {
                throw new AssertionError("only read");
            }

            @Override
            public CompletionStage<Void> drop(UUID id) {
                throw new AssertionError("only read");
            }

            @Override
            public byte[] chunk(UUID id, int number) {
                if (reads.getAndIncrement() % (failures + 1) < failures) {
                    throw new StoreUnavailable("busy", null);
                }
                return new byte[] {(byte) number};
            }

            @Override
            public Room room(int client) {
                return Room.ENOUGH;
            }
        };
    }

    private Throwable send(Contents contents, long withinMillis) {
        Body.Kept body = new Body.Kept(UUID.randomUUID(), PIECES);
        new Pieces(contents, body, vertx.getOrCreateContext(), withinMillis)
                .to(
                        new Pieces.Taker() {
                            @Override
                            public Future<Void> take(Buffer piece, boolean last) {
                                sent.appendBuffer(piece);
                                if (last) {
                                    end.complete(null);
                                }
                                return Future.succeededFuture();
                            }

                            @Override
                            public void missing(Throwable cause) {
                                end.complete(cause);
                            }
                        });
        return end.join();
    }

    @Test
    void aStoreThatCannotReadIsAskedAgain() {
        assertThat(send(failing(2), 60_000)).isNull();
        assertThat(sent.getBytes()).containsExactly(0, 1, 2);
    }

    @Test
    void theCallsOwnTimeEndsIt() {
        assertThat(send(failing(Integer.MAX_VALUE - 1), 250)).isInstanceOf(StoreUnavailable.class);
        assertThat(sent.length()).isZero();
    }
}
