package dev.holdfast.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is read at once. */
final class EntranceTest {
    private static final int SENT_BYTES = 4 << 20;

    /** Without it a connection that was read well reads 64 KiB, and sixteen times in a turn. */
    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void aConnectionToAnUpstreamReadsLittleAtOnceHoweverMuchThereIs() throws Exception {
        Vertx vertx = Entrance.open(new VertxOptions().setEventLoopPoolSize(1));
        try (ServerSocket upstream = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AtomicInteger largest = new AtomicInteger();
            AtomicLong came = new AtomicLong();
            var all = new CompletableFuture<Void>();
            vertx.createNetClient()
                    .connect(upstream.getLocalPort(), "127.0.0.1")
                    .onFailure(all::completeExceptionally)
                    .onSuccess(
                            socket ->
                                    socket.handler(
                                            bytes -> {
                                                largest.accumulateAndGet(bytes.length(), Math::max);
                                                if (came.addAndGet(bytes.length()) == SENT_BYTES) {
                                                    all.complete(null);
                                                }
                                            }));
            try (Socket socket = upstream.accept()) {
                socket.getOutputStream().write(new byte[SENT_BYTES]);
                all.get();
            }
            assertThat(largest.get()).isPositive().isLessThanOrEqualTo(Entrance.MOST_BYTES);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }
}
