package dev.holdfast.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is read, and taken, at once. */
final class EntranceTest {
    private static final int SENT_BYTES = 4 << 20;
    private static final int CROWD = 100;
    private static final int PATIENCE_SECONDS = 60;

    /** Without it a connection that was read well reads 64 KiB, and sixteen times in a turn. */
    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void aConnectionToAnUpstreamReadsLittleAtOnceHoweverMuchThereIs() throws Exception {
        Vertx vertx = Entrance.open(new VertxOptions().setEventLoopPoolSize(1));
        try (ServerSocket upstream = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AtomicInteger largest = new AtomicInteger();
            AtomicLong came = new AtomicLong();
            var all = new CompletableFuture<Void>();
            NetClient client = vertx.createNetClient();
            client.connect(upstream.getLocalPort(), "127.0.0.1")
                    .onFailure(all::completeExceptionally)
                    .onSuccess(
                            socket -> {
                                socket.handler(
                                        bytes -> {
                                            largest.accumulateAndGet(bytes.length(), Math::max);
                                            if (came.addAndGet(bytes.length()) == SENT_BYTES) {
                                                all.complete(null);
                                            }
                                        });
                                socket.write("ready");
                            });
            try (Socket socket = upstream.accept()) {
                // What comes before there is a handler for it is lost.
                assertThat(socket.getInputStream().read()).isPositive();
                socket.getOutputStream().write(new byte[SENT_BYTES]);
                all.get();
            }
            // Held until here: one that nobody holds is closed when memory is collected.
            client.close().toCompletionStage().toCompletableFuture().get();
            assertThat(largest.get()).isPositive().isLessThanOrEqualTo(Entrance.MOST_BYTES);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }

    /** Whoever finds the system's queue full waits for a second, and then for two. */
    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aCrowdThatWaitsIsTakenBeforeItsFirstIsBegunWith() throws Exception {
        Vertx vertx = Entrance.open(new VertxOptions().setEventLoopPoolSize(1));
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        List<Socket> crowd = new ArrayList<>();
        try {
            var firstTurn = new CompletableFuture<Integer>();
            Channel server = listen(Entrance.of(vertx), group, firstTurn);
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch here = new CountDownLatch(1);
            server.eventLoop()
                    .execute(
                            () -> {
                                busy.countDown();
                                await(here);
                            });
            // Then its counter is in place, too: before, all of them could be taken uncounted.
            assertThat(busy.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            try {
                while (crowd.size() < CROWD) {
                    crowd.add(connected((InetSocketAddress) server.localAddress()));
                }
            } finally {
                here.countDown();
            }

            assertThat(firstTurn.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(CROWD);
        } finally {
            for (Socket one : crowd) {
                one.close();
            }
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }

    private static Channel listen(
            Entrance entrance, EventLoopGroup group, CompletableFuture<Integer> firstTurn)
            throws InterruptedException {
        var bootstrap = new ServerBootstrap().group(group);
        entrance.expect("127.0.0.1", 0, new Lines(ListenerLimits.DEFAULT, false));
        entrance.configure(
                new NetServerOptions().setHost("127.0.0.1").setPort(0), false, bootstrap);
        Channel server =
                bootstrap
                        .channelFactory(entrance.serverChannelFactory(false))
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel accepted) {}
                                })
                        .bind("127.0.0.1", 0)
                        .sync()
                        .channel();
        server.pipeline()
                .addFirst(
                        new ChannelInboundHandlerAdapter() {
                            private int accepted;

                            @Override
                            public void channelRead(ChannelHandlerContext context, Object one) {
                                accepted++;
                                context.fireChannelRead(one);
                            }

                            @Override
                            public void channelReadComplete(ChannelHandlerContext context) {
                                firstTurn.complete(accepted);
                            }
                        });
        return server;
    }

    private static Socket connected(InetSocketAddress server) throws IOException {
        var socket = new Socket();
        socket.connect(server, (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return socket;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
