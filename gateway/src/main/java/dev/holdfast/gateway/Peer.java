package dev.holdfast.gateway;

import dev.holdfast.gateway.wire.Line;
import org.jspecify.annotations.Nullable;

/** Who a connection's last request came from. Belongs to its event loop. */
final class Peer {
    private final Line line;

    private @Nullable String knownHost;
    private @Nullable String authorization;
    private long proof = -1;
    private @Nullable Caller caller;

    Peer(Line line) {
        this.line = line;
    }

    /** Its connection. */
    Line line() {
        return line;
    }

    /** Whether this Host was found to be ours before. */
    boolean isKnownHost(String host) {
        return host.equals(knownHost);
    }

    void knownHost(String host) {
        knownHost = host;
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
