package dev.holdfast.gateway.parts;

import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Shares;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The answers that are being held: long polls and event streams. Safe for use by many threads. */
public final class Holds {
    /** Answers held at once; one more is refused. */
    public static final int MAX_HELD = 20_000;

    /** Answers held at once for one client, so that there is room for others. */
    public static final int MAX_OF_CLIENT = MAX_HELD / 4;

    private final Map<Runnable, Integer> held = new ConcurrentHashMap<>();
    private final Shares shares = new Shares(MAX_OF_CLIENT);
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean draining;

    /**
     * Holds an answer; false if there are too many.
     *
     * @param client whose it is
     * @param release ends it early with what is known, on any thread; this answer's own, since its
     *     place is known by it
     * @throws IllegalStateException if another answer has the same
     */
    public boolean hold(int client, Runnable release) {
        if (draining || !shares.take(client)) {
            return false;
        }
        if (count.incrementAndGet() > MAX_HELD) {
            count.decrementAndGet();
            shares.give(client);
            return false;
        }
        if (held.putIfAbsent(release, client) != null) {
            count.decrementAndGet();
            shares.give(client);
            throw new IllegalStateException("two answers would have one place");
        }
        return true;
    }

    /**
     * How long an ask waits for its result.
     *
     * @param time zero for not at all
     * @param enough completes when it should end early with what is known
     */
    public record Patience(Duration time, CompletableFuture<Void> enough) {}

    /**
     * How long an ask may wait: one that wants longer than an answer takes is held, as long as
     * there is room for it.
     *
     * @param usual how long an answer takes
     */
    public Patience patience(Exchange exchange, Duration usual, Duration wanted) {
        CompletableFuture<Void> enough = new CompletableFuture<>();
        if (wanted.compareTo(usual) <= 0) {
            return new Patience(wanted, enough);
        }
        // Each has its own, by which its place is known.
        Runnable release = () -> enough.complete(null);
        if (!hold(exchange.caller().client(), release)) {
            return new Patience(usual, enough);
        }
        exchange.heldAsAsked();
        // Over HTTP/1 nobody says that an answer is over whose caller is gone.
        exchange.whenGone(() -> leave(release));
        exchange.whenOver(() -> leave(release));
        return new Patience(wanted, enough);
    }

    public void leave(Runnable release) {
        Integer client = held.remove(release);
        if (client != null) {
            count.decrementAndGet();
            shares.give(client);
        }
    }

    public int count() {
        return count.get();
    }

    public boolean isDraining() {
        return draining;
    }

    /** Ends all of them and takes no more. */
    public void drain() {
        draining = true;
        held.keySet().forEach(Runnable::run);
    }
}
