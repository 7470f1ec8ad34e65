package dev.holdfast.gateway.server;

import dev.holdfast.store.Clients;
import dev.holdfast.store.Viewer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells callers by their keys. Knows the clients of the last {@link #refresh}, so that a look at a
 * key never touches the disk; a key that has an end ends at it, whether or not they can be read.
 * Safe for use by many threads.
 */
public final class Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

    /** Longest Authorization that is looked at, in characters. */
    static final int MAX_KEY_CHARS = 512;

    /**
     * What may stand before a key (RFC 6750, section 2.1; GitHub's clients say {@code token}), so
     * that a vendor's client needs no other setting than its key.
     */
    private static final List<String> SCHEMES = List.of("Bearer ", "token ");

    /** What stands before a name and a password (RFC 7617, section 2). */
    private static final String BASIC = "Basic ";

    private final Clients clients;
    private final InstantSource wall;

    /** Once somebody has had a key it never is open again. */
    private boolean openAllowed;

    /** One a thread: to look an algorithm up takes as long as to hash a key. */
    private final ThreadLocal<MessageDigest> digests =
            ThreadLocal.withInitial(Authenticator::sha256);

    private volatile Known known = new Known(Map.of(), null, 0, Long.MAX_VALUE);

    /** As of the last time they were read; by those who refresh. */
    private long lastChanges;

    /** The latest wall time by which keys were ended; under the lock below. */
    private long endedByMillis = Long.MIN_VALUE;

    /** Held while what is known is replaced; never while something is read. */
    private final Object replacing = new Object();

    private volatile ClientNames names = new ClientNames(Map.of());

    /**
     * @param clients where keys' hashes are kept
     * @param openAllowed whether anybody may call as long as no client gets a key; only on
     *     loopback, and only if no client ever had one
     */
    public Authenticator(Clients clients, boolean openAllowed) {
        this(clients, openAllowed, InstantSource.system());
    }

    /**
     * @param wall by which keys end
     */
    Authenticator(Clients clients, boolean openAllowed, InstantSource wall) {
        this.clients = clients;
        this.openAllowed = openAllowed;
        this.wall = wall;
    }

    /**
     * The clients with a key by their hash, and the one that needs none.
     *
     * @param nextEnd wall time at which the first of the keys ends, in milliseconds
     */
    private record Known(
            Map<KeyHash, Keyed> byHash, @Nullable Caller open, long generation, long nextEnd) {
        /** The same without the keys that have ended by then. */
        Known at(long wallMillis) {
            Map<KeyHash, Keyed> left = new HashMap<>(byHash);
            left.values().removeIf(keyed -> keyed.end() <= wallMillis);
            return new Known(left, open, generation + 1, nextEnd(left));
        }

        static long nextEnd(Map<KeyHash, Keyed> byHash) {
            return byHash.values().stream().mapToLong(Keyed::end).min().orElse(Long.MAX_VALUE);
        }
    }

    /**
     * Whose key it is.
     *
     * @param end wall time at which it ends by itself, in milliseconds
     */
    private record Keyed(Caller caller, long end) {}

    /** SHA-256 of a key. */
    private static final class KeyHash {
        private final byte[] bytes;

        KeyHash(byte[] bytes) {
            this.bytes = bytes;
        }

        // A caller cannot choose the digest of what it sends without knowing the key, so a bucket
        // tells nothing; the digests themselves are compared in constant time.
        @Override
        public int hashCode() {
            return ByteBuffer.wrap(bytes).getInt();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof KeyHash hash && MessageDigest.isEqual(bytes, hash.bytes);
        }
    }

    /**
     * Reads the clients anew if any has changed, or if a key that ended has not by a clock that was
     * set back; blocking.
     */
    public synchronized void refresh() {
        long changes = clients.changes();
        long now = wall.millis();
        boolean anew = known.generation() == 0 || changes != lastChanges || isBefore(now);
        if (anew) {
            read();
            lastChanges = changes;
        }
        synchronized (replacing) {
            endedByMillis = anew ? now : Math.max(endedByMillis, now);
        }
    }

    /** Whether the wall clock was set back since keys were ended by it. */
    private boolean isBefore(long wallMillis) {
        synchronized (replacing) {
            return wallMillis < endedByMillis;
        }
    }

    private void read() {
        Map<KeyHash, Keyed> byHash = new HashMap<>();
        Caller open = null;
        for (Clients.ClientRecord client : clients.list()) {
            Caller caller =
                    new Caller(
                            new Viewer(client.id(), client.admin()),
                            client.maxPending(),
                            client.weight());
            if (!client.keyed()) {
                open = caller;
            }
            for (Clients.Key key : client.keys()) {
                Instant end = key.expiresAt();
                byHash.put(
                        new KeyHash(HexFormat.of().parseHex(key.hash())),
                        new Keyed(caller, end == null ? Long.MAX_VALUE : end.toEpochMilli()));
            }
        }
        openAllowed &= byHash.isEmpty();
        names = new ClientNames(clients.names());
        Known before = known;
        if (before.generation() > 0) {
            tell(byHash, before.byHash(), "a key of {} opens from now on");
            tell(before.byHash(), byHash, "a key of {} has ended");
        }
        Caller free = openAllowed ? open : null;
        long nextEnd = Known.nextEnd(byHash);
        synchronized (replacing) {
            known = new Known(byHash, free, known.generation() + 1, nextEnd);
        }
    }

    /** What is known, without the keys that have ended since; waits for nobody. */
    private Known known() {
        Known last = known;
        long now = wall.millis();
        if (now < last.nextEnd()) {
            return last;
        }
        Known left;
        synchronized (replacing) {
            last = known;
            left = last.at(now);
            known = left;
            endedByMillis = Math.max(endedByMillis, now);
        }
        tell(last.byHash(), left.byHash(), "a key of {} has ended");
        return left;
    }

    /** Tells the log of the keys that are among these and not among those. */
    private void tell(Map<KeyHash, Keyed> these, Map<KeyHash, Keyed> those, String line) {
        these.forEach(
                (key, keyed) -> {
                    if (!those.containsKey(key)) {
                        LOG.info(line, names.of(keyed.caller().client()));
                    }
                });
    }

    /** What clients are called, as of the last refresh. */
    public ClientNames names() {
        return names;
    }

    /** Whether anybody may call now, since no client has a key. */
    boolean isOpen() {
        return known().open() != null;
    }

    /** The caller that {@code authorization} proves, or null if it proves none. */
    @Nullable Caller caller(@Nullable String authorization) {
        Known now = known();
        if (now.open() != null) {
            return now.open();
        }
        return authorization == null ? null : byKey(now, authorization);
    }

    /**
     * The caller that one of two headers proves, or null if neither does; the first counts before
     * the second.
     */
    @Nullable Caller caller(@Nullable String authorization, @Nullable String apiKey, Peer peer) {
        Caller caller = caller(authorization, peer);
        return caller == null && apiKey != null ? caller(apiKey, peer) : caller;
    }

    /** As {@link #caller(String)}, sparing the hash for what this connection proved before. */
    @Nullable Caller caller(@Nullable String authorization, Peer peer) {
        Known now = known();
        if (now.open() != null || authorization == null) {
            return now.open();
        }
        Caller caller = peer.proved(authorization, now.generation());
        if (caller == null) {
            caller = byKey(now, authorization);
            if (caller != null) {
                peer.proved(authorization, now.generation(), caller);
            }
        }
        return caller;
    }

    /** Whether {@code value} is a key of ours, with which we must not call anybody else. */
    public boolean isKey(String value) {
        return byKey(known(), value) != null;
    }

    private @Nullable Caller byKey(Known known, String authorization) {
        if (authorization.isEmpty() || authorization.length() > MAX_KEY_CHARS) {
            return null;
        }
        if (startsWith(authorization, BASIC)) {
            return byBasic(known, authorization.substring(BASIC.length()).strip());
        }
        for (String scheme : SCHEMES) {
            if (startsWith(authorization, scheme)) {
                return byHash(known, authorization.substring(scheme.length()).strip());
            }
        }
        return byHash(known, authorization);
    }

    /** By the password, or else by the name: clients differ in where they put a lone key. */
    private @Nullable Caller byBasic(Known known, String credentials) {
        String pair;
        try {
            pair = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
        int colon = pair.indexOf(':');
        if (colon < 0) {
            return null;
        }
        Caller byPassword = byHash(known, pair.substring(colon + 1));
        Caller byName = byHash(known, pair.substring(0, colon));
        return byPassword == null ? byName : byPassword;
    }

    private @Nullable Caller byHash(Known known, String key) {
        Keyed keyed =
                known.byHash()
                        .get(
                                new KeyHash(
                                        digests.get()
                                                .digest(key.getBytes(StandardCharsets.UTF_8))));
        return keyed == null ? null : keyed.caller();
    }

    private static boolean startsWith(String authorization, String scheme) {
        return authorization.regionMatches(true, 0, scheme, 0, scheme.length());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
