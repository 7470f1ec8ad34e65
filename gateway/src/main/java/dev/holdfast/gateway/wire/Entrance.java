package dev.holdfast.gateway.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.transports.NioTransport;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Vert.x's own transport, with a doorkeeper at each listening socket and small reads on all. Vert.x
 * tells of a connection only when its TLS handshake is done and, of HTTP/2, when its first frame
 * came: those that never get so far would be neither counted nor closed.
 */
public final class Entrance extends NioTransport {
    /** What is read of a connection at once, in bytes. */
    private static final int LEAST_BYTES = 512;

    private static final int USUAL_BYTES = 2 << 10;
    static final int MOST_BYTES = 16 << 10;

    /** Connections beyond all places that are taken at once, to be closed. */
    private static final int REFUSED_AT_ONCE = 16;

    private final Map<String, Lines> expected = new ConcurrentHashMap<>();

    /** Of each event loop. */
    private final Map<Executor, LoopRounds> rounds = new ConcurrentHashMap<>();

    private Entrance() {}

    /** Event loops whose listeners count their connections where they are accepted. */
    public static Vertx open(VertxOptions options) {
        return Vertx.builder()
                .with(options)
                .withTransport(new TransportInternal("nio", true, null, new Entrance()))
                .build();
    }

    /**
     * That of these event loops.
     *
     * @throws IllegalArgumentException if {@link #open} did not make them
     */
    public static Entrance of(Vertx vertx) {
        if (((VertxInternal) vertx).transport() instanceof Entrance entrance) {
            return entrance;
        }
        throw new IllegalArgumentException("a gateway needs event loops of Entrance.open");
    }

    /** How late these event loops are; from any thread. */
    public Lateness lateness() {
        return new Lateness(rounds.values());
    }

    /** Those of one of these event loops. */
    LoopRounds rounds(Executor loop) {
        LoopRounds its = rounds.get(loop);
        if (its == null) {
            throw new IllegalArgumentException("not an event loop of this entrance");
        }
        return its;
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        IoHandlerFactory plain = super.ioHandlerFactory();
        return loop -> {
            ScheduledExecutorService timed = (ScheduledExecutorService) loop;
            LoopRounds its =
                    new LoopRounds(
                            plain.newHandler(loop),
                            System::nanoTime,
                            // What is due is run after the tasks that are there when it is.
                            step -> {
                                var _ = timed.schedule(step, 0, TimeUnit.NANOSECONDS);
                            },
                            () -> rounds.remove(loop));
            rounds.put(loop, its);
            return its;
        };
    }

    /** Whoever binds this host and port next has these connections. */
    public void expect(String host, int port, Lines lines) {
        expected.put(place(host, port), lines);
    }

    private static String place(String host, int port) {
        return host + ' ' + port;
    }

    /** What an answer is counted for before anybody looks at it is what is read of it at once. */
    @Override
    public void configure(
            ClientOptionsBase options,
            int connectTimeoutMillis,
            boolean domainSocket,
            Bootstrap bootstrap) {
        super.configure(options, connectTimeoutMillis, domainSocket, bootstrap);
        bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, reads());
    }

    @Override
    public void configure(
            NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        super.configure(options, domainSocket, bootstrap);
        Lines lines = expected.remove(place(options.getHost(), options.getPort()));
        if (lines != null) {
            bootstrap.childOption(ChannelOption.RECVBUF_ALLOCATOR, reads());
            bootstrap.option(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(Integer.MAX_VALUE));
            bootstrap.handler(lines.new Acceptor(this::rounds));
        }
    }

    /**
     * A listening socket that takes all who wait before it begins with the first: the system keeps
     * a few thousand (net.core.somaxconn) and passes over who comes then, for a second and for two
     * more. A crowd is begun with when it has been taken.
     */
    private static final class Doorway extends NioServerSocketChannel {
        /** Who finds no place is taken, too, and closed; a few at a time, for descriptors' sake. */
        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            Lines.Acceptor acceptor = pipeline().get(Lines.Acceptor.class);
            int places = acceptor == null ? 0 : acceptor.free();
            return accepted.size() < places + REFUSED_AT_ONCE ? super.doReadMessages(accepted) : 0;
        }
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return domainSocket ? super.serverChannelFactory(true) : Doorway::new;
    }

    /** One turn, one read: whoever sends much does not hold up those who send little. */
    private static RecvByteBufAllocator reads() {
        return new AdaptiveRecvByteBufAllocator(LEAST_BYTES, USUAL_BYTES, MOST_BYTES)
                .maxMessagesPerRead(1);
    }
}
