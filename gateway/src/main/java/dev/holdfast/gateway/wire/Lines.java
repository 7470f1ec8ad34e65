package dev.holdfast.gateway.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of one listener. They are let in, counted and dated where they are accepted,
 * before anything is read of them. Safe for use by many threads.
 */
public final class Lines {
    /** What a connection takes by itself with its {@link Line#FREE_BYTES}, in bytes. */
    static final long PLAIN_BYTES = 6L << 10;

    /** The same with what a TLS engine keeps, and a codec of HTTP/2 that was not used yet. */
    static final long TLS_BYTES = 16L << 10;

    private static final long IPV4 = 1L << 32;

    private final ListenerLimits limits;
    private final long lineBytes;
    private final int places;
    private final int perAddress;
    private final Budget budget;
    private final Set<Line> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private final Map<Long, Integer> byAddress = new ConcurrentHashMap<>();
    private final AtomicLong noPlace = new AtomicLong();
    private final AtomicLong noPlaceForAddress = new AtomicLong();
    private final AtomicLong noMemory = new AtomicLong();
    private final AtomicLong slow = new AtomicLong();
    private final AtomicLong deaf = new AtomicLong();

    /**
     * @param tls whether each connection has a TLS engine
     */
    public Lines(ListenerLimits limits, boolean tls) {
        this.limits = limits;
        this.lineBytes = tls ? TLS_BYTES : PLAIN_BYTES;
        long room = Math.max(1, limits.inHandBytes() / lineBytes);
        this.places =
                (int) Math.min(Math.min(limits.connections(), Descriptors.forConnections()), room);
        // Where descriptors or memory are short, one address still has no more than its part.
        this.perAddress =
                (int) Math.max(1, (long) limits.perAddress() * places / limits.connections());
        this.budget = new Budget(limits.inHandBytes());
    }

    /** Lets a connection in that was just accepted and is not read from yet, or closes it. */
    private boolean admit(Channel channel, Function<Executor, LoopRounds> rounds, long sinceNanos) {
        InetAddress from = address(channel.remoteAddress());
        boolean proxy = from != null && limits.proxies().test(from);
        long address = from == null || proxy ? 0 : network(from);
        if (count.incrementAndGet() > places) {
            noPlace.incrementAndGet();
        } else if (address != 0 && !enter(address)) {
            noPlaceForAddress.incrementAndGet();
        } else if (!budget.admit(lineBytes)) {
            leave(address);
            noMemory.incrementAndGet();
        } else {
            Line line = new Line(budget, channel, address, proxy, rounds, sinceNanos);
            open.add(line);
            channel.pipeline().addFirst(line);
            channel.closeFuture().addListener(_ -> left(line));
            return true;
        }
        count.decrementAndGet();
        channel.unsafe().closeForcibly();
        return false;
    }

    /** Takes a place of an address's; false if it has none left. */
    private boolean enter(long address) {
        return byAddress.merge(address, 1, Integer::sum) <= perAddress || !leave(address);
    }

    private boolean leave(long address) {
        byAddress.computeIfPresent(address, (_, lines) -> lines == 1 ? null : lines - 1);
        return true;
    }

    private void left(Line line) {
        budget.give(lineBytes + line.left());
        leave(line.address());
        open.remove(line);
        count.decrementAndGet();
    }

    private static @Nullable InetAddress address(@Nullable SocketAddress remote) {
        return remote instanceof InetSocketAddress inet ? inet.getAddress() : null;
    }

    /** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has them all. */
    private static long network(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        // Those of IPv4 are no network of IPv6 that is in use.
        return address instanceof Inet4Address ? bytes.getInt() | IPV4 : bytes.getLong();
    }

    /** Closes those that are slow, idle or deaf. */
    public void sweep() {
        long now = System.nanoTime();
        for (Line line : open) {
            if (line.isSlow(now, limits)) {
                slow.incrementAndGet();
                line.close();
            } else if (line.isDeaf(now)) {
                deaf.incrementAndGet();
                line.cut();
            } else if (line.isIdle(now, limits)) {
                line.close();
            }
        }
    }

    Budget budget() {
        return budget;
    }

    /** Connections that are open. */
    public int count() {
        return count.get();
    }

    /** Connections that were closed at once since all places were taken. */
    public long noPlace() {
        return noPlace.get();
    }

    /** Connections that were closed at once since their address had all of its places. */
    public long noPlaceForAddress() {
        return noPlaceForAddress.get();
    }

    /** Connections that were closed at once since others had too much in hand. */
    public long noMemory() {
        return noMemory.get();
    }

    /** Connections that were closed since a request's head took too long. */
    public long slow() {
        return slow.get();
    }

    /** Connections that were closed since they took no answer. */
    public long deaf() {
        return deaf.get();
    }

    /** What all connections have in hand, in bytes. */
    public long inHandBytes() {
        return budget.taken();
    }

    /** What they may have in hand, in bytes. */
    public long inHandLimitBytes() {
        return budget.bytes();
    }

    /** How often a request was refused or its connection closed for want of memory. */
    public long overloads() {
        return budget.refused();
    }

    /** The first to see what a listening socket accepts; there is one socket of each. */
    @Sharable
    final class Acceptor extends ChannelInboundHandlerAdapter {
        private final Function<Executor, LoopRounds> rounds;

        /** Since when those wait at most that are accepted in this round; on its event loop. */
        private long sinceNanos;

        private boolean inRound;

        Acceptor(Function<Executor, LoopRounds> rounds) {
            this.rounds = rounds;
        }

        /** Places that nobody has. */
        int free() {
            return Math.max(0, places - count.get());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            if (!inRound) {
                inRound = true;
                sinceNanos = rounds.apply(context.executor()).sinceNanos();
            }
            if (accepted instanceof Channel channel && admit(channel, rounds, sinceNanos)) {
                context.fireChannelRead(accepted);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            inRound = false;
            context.fireChannelReadComplete();
        }
    }
}
