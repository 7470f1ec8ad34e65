package dev.holdfast.gateway.server;

import dev.holdfast.engine.loop.ReaderThread;
import dev.holdfast.store.Survival;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Work of several owners on a few threads, in turn: whoever has much of it holds up others by one
 * piece a thread, and never has all threads. Starts as many threads as it is told, which end with
 * it. They are the platform's: a look-up in a file blocks in native code, which would keep a
 * virtual thread's carrier, of which there are as many as cores.
 */
final class Turns implements AutoCloseable {
    private final int most;
    private final Map<Object, Owner> owners = new HashMap<>();
    private final Queue<Owner> ready = new ArrayDeque<>();
    private boolean closed;

    private static final class Owner {
        private final Object name;
        private final Deque<Runnable> waiting = new ArrayDeque<>();
        private int running;
        private boolean ready;

        Owner(Object name) {
            this.name = name;
        }
    }

    /**
     * @param most pieces of one owner at once, less than threads
     */
    Turns(String name, int threads, int most) {
        this.most = most;
        ThreadFactory made = ReaderThread.named(name);
        for (int i = 0; i < threads; i++) {
            made.newThread(this::work).start();
        }
    }

    /** Runs it when it is its owner's turn; what it throws is its own affair. */
    synchronized void execute(Object owner, Runnable work) {
        Owner its = owners.computeIfAbsent(owner, Owner::new);
        its.waiting.add(work);
        offer(its);
    }

    private void offer(Owner owner) {
        if (!owner.ready && !owner.waiting.isEmpty() && owner.running < most) {
            owner.ready = true;
            ready.add(owner);
            notify();
        }
    }

    private void work() {
        for (Piece piece = next(null); piece != null; piece = next(piece.owner())) {
            try {
                piece.work().run();
            } catch (Throwable e) {
                Survival.log("a look-up failed", e);
            }
        }
    }

    private record Piece(Owner owner, Runnable work) {}

    /** The one whose turn it is; null if there will be none any more. */
    private synchronized @Nullable Piece next(@Nullable Owner done) {
        if (done != null) {
            done.running--;
            offer(done);
            if (done.running == 0 && done.waiting.isEmpty()) {
                owners.remove(done.name);
            }
        }
        while (ready.isEmpty()) {
            if (closed) {
                return null;
            }
            try {
                wait();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        Owner owner = ready.remove();
        owner.ready = false;
        owner.running++;
        Piece piece = new Piece(owner, owner.waiting.remove());
        offer(owner);
        return piece;
    }

    /** What waits is done, and then the threads end. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
