package dev.holdfast.gateway.server;

import dev.holdfast.store.Clients;
import dev.holdfast.store.Viewer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
 * key never touches the disk. Safe for use by many threads.
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

    /** Once somebody has had a key it never is open again. */
    private boolean openAllowed;

    /** One a thread: to look an algorithm up takes as long as to hash a key. */
    private final ThreadLocal<MessageDigest> digests =
            ThreadLocal.withInitial(Authenticator::sha256);

    private volatile Known known = new Known(Map.of(), null, 0);
    private volatile ClientNames names = new ClientNames(Map.of());

    /**
     * @param clients where keys' hashes are kept
     * @param openAllowed whether anybody may call as long as no client gets a key; only on
     *     loopback, and only if no client ever had one
     */
    public Authenticator(Clients clients, boolean openAllowed) {
        this.clients = clients;
        this.openAllowed = openAllowed;
    }

    /** The clients with a key by their hash, and the one that needs none. */
    private record Known(Map<KeyHash, Caller> byHash, @Nullable Caller open, long generation) {}

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

    /** Reads the clients anew; blocking. */
    public synchronized void refresh() {
        Map<KeyHash, Caller> byHash = new HashMap<>();
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
                byHash.put(new KeyHash(HexFormat.of().parseHex(key.hash())), caller);
            }
        }
        openAllowed &= byHash.isEmpty();
        names = new ClientNames(clients.names());
        if (known.generation() > 0) {
            tell(byHash, known.byHash(), "a key of {} opens from now on");
            tell(known.byHash(), byHash, "a key of {} has ended");
        }
        known = new Known(byHash, openAllowed ? open : null, known.generation() + 1);
    }

    /** Tells the log of the keys that are among these and not among those. */
    private void tell(Map<KeyHash, Caller> these, Map<KeyHash, Caller> those, String line) {
        these.forEach(
                (key, caller) -> {
                    if (!those.containsKey(key)) {
                        LOG.info(line, names.of(caller.client()));
                    }
                });
    }

    /** What clients are called, as of the last refresh. */
    public ClientNames names() {
        return names;
    }

    /** Whether anybody may call now, since no client has a key. */
    boolean isOpen() {
        return known.open() != null;
    }

    /** The caller that {@code authorization} proves, or null if it proves none. */
    @Nullable Caller caller(@Nullable String authorization) {
        Known now = known;
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
        Known now = known;
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
        return byKey(known, value) != null;
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
        return known.byHash()
                .get(new KeyHash(digests.get().digest(key.getBytes(StandardCharsets.UTF_8))));
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
