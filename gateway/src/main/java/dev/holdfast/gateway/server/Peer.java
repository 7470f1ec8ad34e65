package dev.holdfast.gateway.server;

import dev.holdfast.gateway.wire.Line;
import dev.holdfast.wire.BasePath;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who a connection's last request came from. Belongs to its event loop. */
final class Peer {
    private static final CharSequence PREFIX = HttpHeaders.createOptimized("x-forwarded-prefix");

    private final Line line;

    private @Nullable String knownHost;
    private String knownPrefix = "";
    private @Nullable BasePath prefix;
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

    /** Whether what it says of whom it speaks for counts. */
    boolean isProxy() {
        return line.isProxy();
    }

    /**
     * What the proxy says that it has before every path of ours, or null: nothing, or several
     * things, or what is no base path.
     */
    @Nullable BasePath prefix(MultiMap headers) {
        List<String> given = headers.getAll(PREFIX);
        if (given.size() != 1) {
            return null;
        }
        if (!given.getFirst().equals(knownPrefix)) {
            knownPrefix = given.getFirst();
            prefix = BasePath.named(knownPrefix);
        }
        return prefix;
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
