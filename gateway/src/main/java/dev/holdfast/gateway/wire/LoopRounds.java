package dev.holdfast.gateway.wire;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rounds of one event loop: it looks which sockets have something, deals with all of it, then
 * with its tasks, and looks again. What comes meanwhile waits in the system's buffers; here it is
 * known since when at most, which is by how much the loop is late. Belongs to its loop but for what
 * is said to be for all.
 */
final class LoopRounds implements IoHandler {
    /** Something that is there so soon after a look was there when the loop looked. */
    private static final long AT_ONCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /**
     * What is asked is taken up for so long in a round: the rest waits for the next one, and
     * answers that are ready go first.
     */
    static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How many that were taken up are the latest, of which is told how long one takes. */
    static final int LATEST = 32;

    /** For so long at least, and twice as long at most, the worst is told. */
    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final Logger LOG = LoggerFactory.getLogger(LoopRounds.class);

    private final IoHandler io;
    private final LongSupplier nanos;
    private final Consumer<Runnable> next;
    private final Runnable ended;

    /** What was read and is to be taken up: of each connection what may be under way on it. */
    private final Queue<Runnable> left = new ArrayDeque<>();

    /** How long it takes to take one up, since some are left: of the latest more than of others. */
    private long takingNanos;

    private long takenUp;

    /** Since when the one that is being taken up is. */
    private long takingFromNanos;

    /** When it looked last; written by the loop alone. */
    private volatile long lookNanos;

    /** Since when it has been busy; of no meaning while it waits. */
    private volatile long busyFromNanos;

    /** Whether it looks, and waits if it finds nothing; at first it has nothing to do. */
    private volatile boolean waiting = true;

    /** When somebody woke it last who gave it a task; by any thread. */
    private volatile long wokenNanos;

    /** When it saw the first that its look found; 0 if nothing was seen yet. */
    private long seenNanos;

    /** What its look found at once was not there before this. */
    private long sinceNanos;

    private boolean couldWait;

    // For all, written by the loop alone.
    private volatile long lastNanos;
    private volatile long worstNanos;
    private volatile long worstBeforeNanos;
    private long worstFromNanos;

    /**
     * @param nanos as {@link System#nanoTime}
     * @param next runs something in the loop's next round
     * @param ended told when the loop has ended
     */
    LoopRounds(IoHandler io, LongSupplier nanos, Consumer<Runnable> next, Runnable ended) {
        this.io = io;
        this.next = next;
        this.nanos = nanos;
        lookNanos = nanos.getAsLong();
        wokenNanos = lookNanos;
        sinceNanos = lookNanos;
        worstFromNanos = lookNanos;
        this.ended = ended;
    }

    @Override
    public int run(IoHandlerContext context) {
        long now = nanos.getAsLong();
        sinceNanos = looked(now);
        seenNanos = 0;
        couldWait = context.canBlock();
        remember(now);
        lookNanos = now;
        busyFromNanos = now;
        waiting = couldWait;
        int found = io.run(context);
        if (couldWait && seenNanos == 0) {
            long woken = wokenNanos;
            wasIdle(woken - now > 0 ? woken : nanos.getAsLong());
        }
        waiting = false;
        return found;
    }

    /** When the last look was over: what was not found then came later. */
    private long looked(long now) {
        if (!couldWait) {
            return lookNanos;
        }
        if (seenNanos != 0) {
            return seenNanos;
        }
        // Woken for a task, or by its own timer, whose work takes no time to speak of.
        long woken = wokenNanos;
        return woken - lookNanos > 0 ? woken : now;
    }

    private void remember(long now) {
        long took = now - sinceNanos;
        lastNanos = took;
        if (now - worstFromNanos > REMEMBERED_NANOS) {
            worstFromNanos = now;
            worstBeforeNanos = worstNanos;
            worstNanos = 0;
        }
        if (took > worstNanos) {
            worstNanos = took;
        }
    }

    /** The earliest moment at which that may have come which is read now, by the loop. */
    long sinceNanos() {
        long now = nanos.getAsLong();
        if (seenNanos == 0) {
            seenNanos = now;
            if (couldWait && now - lookNanos > AT_ONCE_NANOS) {
                sinceNanos = now;
                wasIdle(now);
            }
            waiting = false;
        }
        return sinceNanos;
    }

    /** It waited until then: how late it was before tells nothing any more. */
    private void wasIdle(long until) {
        busyFromNanos = until;
        lastNanos = 0;
    }

    /** Whether what was read now is to be taken up now, or else {@link #later}. */
    boolean isTurn() {
        return left.isEmpty() && nanos.getAsLong() - seenNanos < SLICE_NANOS;
    }

    /** Has a step run in a later round, after those that wait already. */
    void later(Runnable step) {
        left.add(step);
        if (left.size() == 1) {
            takingNanos = 0;
            takenUp = 0;
            next.accept(this::takeUp);
        }
    }

    /**
     * How long it takes until the last of those is taken up that wait behind the one which is taken
     * up now, if each takes as long as the latest: the first of a process take many times as long
     * as those a moment later, so that nothing is told before there were as many. What the loop
     * does besides is not counted: at first it reads what a crowd sent, which is over when they are
     * many.
     */
    long behindNanos() {
        return takenUp < LATEST || left.size() < 2 ? 0 : takingNanos * (left.size() - 1);
    }

    private void takeUp() {
        takingFromNanos = nanos.getAsLong();
        long until = takingFromNanos + SLICE_NANOS;
        try {
            do {
                left.element().run();
            } while (isMoreToTakeUp() && nanos.getAsLong() - until < 0);
        } catch (RuntimeException e) {
            LOG.error("what was read could not be taken up", e);
            isMoreToTakeUp();
        }
        if (!left.isEmpty()) {
            next.accept(this::takeUp);
        }
    }

    /** The one that was taken up waits no more. */
    private boolean isMoreToTakeUp() {
        left.remove();
        takenUp++;
        long now = nanos.getAsLong();
        takingNanos += (now - takingFromNanos - takingNanos) / Math.min(takenUp, LATEST);
        takingFromNanos = now;
        return !left.isEmpty();
    }

    /** How long what comes now waits at least, as far as the loop's last rounds tell; for all. */
    long lateNanos() {
        return waiting ? 0 : Math.max(lastNanos, nanos.getAsLong() - busyFromNanos);
    }

    /** The longest that anything had to wait of late; for all. */
    long worstNanos() {
        return Math.max(worstNanos, worstBeforeNanos);
    }

    @Override
    public void wakeup() {
        if (waiting) {
            wokenNanos = nanos.getAsLong();
        }
        io.wakeup();
    }

    @Override
    public void initialize() {
        io.initialize();
    }

    @Override
    public void prepareToDestroy() {
        io.prepareToDestroy();
    }

    @Override
    public void destroy() {
        io.destroy();
        ended.run();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return io.register(handle);
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return io.isCompatible(handleType);
    }
}
