package dev.holdfast.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.util.AttributeKey;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection from the moment it was accepted, whatever it speaks: since when nothing is asked
 * on it, what it makes the gateway hold, and whether it is read from. It is the first handler of
 * its channel. Belongs to its event loop; the sweep reads from elsewhere and may see things a
 * moment late.
 */
public final class Line extends ChannelDuplexHandler {
    /** What a connection may have in hand before it takes of what is for all, in bytes. */
    public static final int FREE_BYTES = 2 << 10;

    /** Time in which somebody who was answered takes nothing of it, until the line is closed. */
    static final Duration DEAF = Duration.ofSeconds(30);

    /**
     * What HTTP/2 takes beside that once it is used, with a table of headers that the client filled
     * (RFC 7541, section 4.1), in bytes.
     */
    static final int HTTP2_BYTES = 20 << 10;

    private static final AttributeKey<Line> KEY = AttributeKey.valueOf(Line.class, "line");

    /** More is taken in such steps, so that small changes touch nothing that others use. */
    private static final long STEP_BYTES = 4L << 10;

    /** More than this is counted before it is copied to where the system takes it from. */
    private static final int LARGE_BYTES = 64 << 10;

    /** Reasons to read nothing more. */
    private static final int UNSENT = 1;

    private static final int WAITING = 2;

    private final Budget budget;
    private final Channel channel;
    private final long address;
    private final boolean proxy;
    private final Function<Executor, LoopRounds> allRounds;

    /** When it was accepted, and since when it may have waited for that. */
    private final long acceptedNanos = System.nanoTime();

    private final long acceptableNanos;
    private @Nullable LoopRounds rounds;

    /** Since when at most what was read last was there. */
    private long cameNanos = acceptedNanos;

    // Not volatile: a fence for each request is dear, and a sweep that is late by one does no harm.
    private long idleSinceNanos = System.nanoTime();
    private long headSinceNanos;
    private boolean inHead;
    private long partSinceNanos;
    private boolean inPart;
    private int underWay;
    private long answered;
    private @Nullable Runnable waiting;

    private long inHand;
    private long counted;
    private long unread;
    private @Nullable TlsParts tls;
    private long kept;
    private long unsent;
    private int answersLeft;
    private long flushes;
    private boolean closed;

    private int stops;
    private boolean wanted;
    private boolean read;

    // Of the sweep alone.
    private long seenUnsent;
    private long seenFlushes;
    private long movedNanos = idleSinceNanos;

    /**
     * @param allRounds those of each event loop
     * @param acceptableNanos since when it waited at most to be accepted
     */
    Line(
            Budget budget,
            Channel channel,
            long address,
            boolean proxy,
            Function<Executor, LoopRounds> allRounds,
            long acceptableNanos) {
        this.allRounds = allRounds;
        this.acceptableNanos = acceptableNanos;
        this.budget = budget;
        this.channel = channel;
        this.address = address;
        this.proxy = proxy;
        channel.attr(KEY).set(this);
    }

    /**
     * The line of a channel.
     *
     * @throws IllegalStateException if it was not accepted by an {@link Entrance}
     */
    public static Line of(Channel channel) {
        Line line = channel.attr(KEY).get();
        if (line == null) {
            throw new IllegalStateException("this connection was not counted when it came");
        }
        return line;
    }

    long address() {
        return address;
    }

    /** Whether it comes from an address that speaks for many callers. */
    public boolean isProxy() {
        return proxy;
    }

    /** Bytes came: those of a new request, unless one is under way. */
    public void bytesCame() {
        if (!inHead && underWay == 0) {
            headSinceNanos = System.nanoTime();
            inHead = true;
        }
    }

    /**
     * Since when at most the bytes were here that were read last, by {@link System#nanoTime}: they
     * wait where the system keeps them while their event loop is busy, and their connection with
     * them before it is accepted. What is asked before the answer came counts from that on.
     */
    public long cameNanos() {
        boolean early = underWay == 0 && answered > 0 && idleSinceNanos - cameNanos > 0;
        return early ? idleSinceNanos : cameNanos;
    }

    /**
     * Whether what was read now is to be taken up now; else it is to be given to {@link #later}, so
     * that answers which are ready do not wait for it.
     */
    public boolean isTurn() {
        return rounds().isTurn();
    }

    /** Has a step run soon, after those that wait already; what it throws is its own affair. */
    public void later(Runnable step) {
        rounds().later(step);
    }

    /** How long those take, about, who wait to be taken up behind what is taken up now. */
    public long behindNanos() {
        return rounds().behindNanos();
    }

    private LoopRounds rounds() {
        LoopRounds its = rounds;
        if (its == null) {
            its = allRounds.apply(channel.eventLoop());
            rounds = its;
        }
        return its;
    }

    private void came() {
        long since = rounds().sinceNanos();
        // No look of its loop found it without bytes: they may be as old as it is.
        cameNanos = !read && acceptedNanos - since >= 0 ? acceptableNanos : since;
    }

    /** A request came. */
    public void busy() {
        inHead = false;
        underWay++;
    }

    /** It was answered. */
    public void idle(long nowNanos) {
        idleSinceNanos = nowNanos;
        underWay--;
        answered++;
        Runnable reader = waiting;
        if (reader != null) {
            waiting = null;
            readOn();
            channel.eventLoop().execute(reader);
        }
    }

    /**
     * So much came of a frame, or a head, of HTTP/2 that is not whole; it has the time of a head.
     *
     * @param another whether what was not whole before is now
     */
    void partly(long bytes, boolean another) {
        if (bytes > 0 && (another || !inPart)) {
            partSinceNanos = System.nanoTime();
        }
        inPart = bytes > 0;
        unread(HTTP2_BYTES + bytes);
    }

    /**
     * So many more answers of HTTP/2 wait for the client to ask for them by its window, or, below
     * 0, so many fewer.
     */
    public void answersLeft(int more) {
        answersLeft += more;
    }

    /** Requests that were answered. */
    public long answered() {
        return answered;
    }

    /** Whether a request, or a part of it, began too long ago and is not here yet. */
    boolean isSlow(long nowNanos, ListenerLimits limits) {
        long within = limits.headWithin().toNanos();
        return (inHead && nowNanos - headSinceNanos > within)
                || (inPart && nowNanos - partSinceNanos > within);
    }

    /** Whether no request came for too long. */
    boolean isIdle(long nowNanos, ListenerLimits limits) {
        return underWay == 0 && nowNanos - idleSinceNanos > limits.idle().toNanos();
    }

    /**
     * Whether nothing was taken for too long of what is written; for one who asks again and again.
     */
    boolean isDeaf(long nowNanos) {
        long now = pending();
        boolean waits = now > 0 || answersLeft > 0;
        if (!waits || now < seenUnsent || (now == 0 && flushes != seenFlushes)) {
            movedNanos = nowNanos;
        }
        seenUnsent = now;
        seenFlushes = flushes;
        return waits && nowNanos - movedNanos > DEAF.toNanos();
    }

    /**
     * Has so much more in hand until it is given back.
     *
     * @return false, and counted, if there is no room for it; then nothing was taken
     */
    public boolean take(long bytes) {
        long more = steps(inHand + bytes) - counted;
        if (more > 0) {
            if (closed || !budget.take(more)) {
                return false;
            }
            counted += more;
        }
        inHand += bytes;
        return true;
    }

    /** Has so much less in hand. */
    public void give(long bytes) {
        inHand -= bytes;
        long less = counted - steps(inHand);
        if (less > 0 && !closed) {
            counted -= less;
            budget.give(less);
        }
    }

    /** What is counted for so much in hand. */
    private static long steps(long inHand) {
        long over = inHand - FREE_BYTES;
        return over <= 0 ? 0 : (over + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
    }

    /**
     * What is read of a message that is not whole has this size now; closes if there is no room.
     */
    public void unread(long bytes) {
        if (bytes != unread) {
            long before = unread;
            unread = bytes;
            changed(bytes - before);
        }
    }

    private void changed(long more) {
        if (more <= 0) {
            give(-more);
        } else if (!take(more)) {
            // As if taken, so that what is given back later is what was taken.
            inHand += more;
            cut();
        }
    }

    /**
     * Reads nothing more: a request is in hand, and the next one has come already.
     *
     * @param next reads it, once a request is answered
     */
    public void holdBack(Runnable next) {
        waiting = next;
        stop(WAITING);
    }

    /**
     * Reads nothing more until those have had their turn that wait on the same event loop.
     *
     * @param next goes on with what came already
     */
    public void letOthers(Runnable next) {
        stop(WAITING);
        channel.eventLoop()
                .execute(
                        () -> {
                            readOn();
                            next.run();
                        });
    }

    /** Reads on. */
    public void readOn() {
        go(WAITING);
    }

    private void stop(int reason) {
        if (stops == 0) {
            wanted = channel.config().isAutoRead();
            channel.config().setAutoRead(false);
        }
        stops |= reason;
    }

    private void go(int reason) {
        if ((stops & reason) != 0) {
            stops &= ~reason;
            if (stops == 0 && wanted) {
                channel.config().setAutoRead(true);
            }
        }
    }

    /** Vert.x switches reading on when it has room: it may, as soon as we do. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (stops == 0) {
            context.read();
        } else {
            wanted = true;
            channel.config().setAutoRead(false);
        }
    }

    /** What is first read says what else there is to count. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        came();
        if (!read) {
            read = true;
            tls = TlsParts.of(context.pipeline());
            Http2Parts.readAlong(context.pipeline(), this::partly);
        }
        if (tls != null && message instanceof ByteBuf bytes) {
            long before = kept;
            kept = tls.came(bytes);
            changed(kept - before);
        }
        context.fireChannelRead(message);
    }

    /** There is room for what is written, before it is copied out of the heap. */
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes && bytes.readableBytes() > LARGE_BYTES) {
            int size = bytes.readableBytes();
            if (!take(size)) {
                bytes.release();
                promise.tryFailure(new ClosedChannelException());
                cut();
                return;
            }
            unsent += size;
        }
        var _ = context.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (answersLeft > 0 && pending() > 0) {
            flushes++;
        }
        context.flush();
        measure();
    }

    /** Who does not take what was answered is not read from: neither requests nor pings. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            go(UNSENT);
        } else {
            stop(UNSENT);
        }
        measure();
        context.fireChannelWritabilityChanged();
    }

    private void measure() {
        long now = pending();
        if (now != unsent) {
            long before = unsent;
            unsent = now;
            changed(now - before);
        }
    }

    private long pending() {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out == null ? 0 : out.totalPendingWriteBytes();
    }

    /** Closes once what was answered is taken. */
    void close() {
        var _ = channel.close();
    }

    /** Closes now: for one who does not take what was answered, the other way would never end. */
    public void cut() {
        ChannelHandlerContext context = channel.pipeline().context(this);
        if (context != null) {
            var _ = context.close();
        }
    }

    /** What it counted, when it is gone. */
    long left() {
        closed = true;
        return counted;
    }
}
