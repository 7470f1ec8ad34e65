package dev.holdfast.gateway;

import io.vertx.core.http.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * A connection: who its last request came from, and since when nothing is asked of us on it.
 * Belongs to its event loop; the sweep reads from elsewhere and may see things a moment late.
 */
final class Peer {
    private final HttpConnection connection;

    // Not volatile: a fence for each request is dear, and a sweep that is late by one does no harm.
    private long idleSinceNanos = System.nanoTime();
    private long headSinceNanos;
    private boolean inHead;
    private int underWay;

    private @Nullable String knownHost;
    private @Nullable String authorization;
    private long proof = -1;
    private @Nullable Caller caller;

    Peer(HttpConnection connection) {
        this.connection = connection;
    }

    /** Bytes came: those of a new request, unless one is under way. */
    void bytesCame() {
        if (!inHead && underWay == 0) {
            headSinceNanos = System.nanoTime();
            inHead = true;
        }
    }

    /** Whether this Host was found to be ours before. */
    boolean isKnownHost(String host) {
        return host.equals(knownHost);
    }

    void knownHost(String host) {
        knownHost = host;
    }

    /** A request came. */
    void busy() {
        inHead = false;
        underWay++;
    }

    /** It was answered. */
    void idle(long nowNanos) {
        idleSinceNanos = nowNanos;
        underWay--;
    }

    /**
     * The caller that this very connection proved before with the same header, or null.
     *
     * @param generation of what is known of clients; what an older one proved counts no more
     */
    @Nullable Caller proved(String header, long generation) {
        return proof == generation && authorization != null && isSame(header, authorization)
                ? caller
                : null;
    }

    void proved(String header, long generation, Caller who) {
        authorization = header;
        proof = generation;
        caller = who;
    }

    /** Whether a request began too long ago and is not here yet. */
    boolean isSlow(long nowNanos, ListenerLimits limits) {
        return inHead && nowNanos - headSinceNanos > limits.headWithin().toNanos();
    }

    /** Whether no request came for too long. */
    boolean isIdle(long nowNanos, ListenerLimits limits) {
        return underWay == 0 && nowNanos - idleSinceNanos > limits.idle().toNanos();
    }

    void close() {
        connection.close();
    }

    /** Whether two keys are the same, found in a time that tells nothing of where they differ. */
    private static boolean isSame(String one, String other) {
        if (one.length() != other.length()) {
            return false;
        }
        int differences = 0;
        for (int i = 0; i < one.length(); i++) {
            differences |= one.charAt(i) ^ other.charAt(i);
        }
        return differences == 0;
    }
}
