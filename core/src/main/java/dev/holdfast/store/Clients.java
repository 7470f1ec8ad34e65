package dev.holdfast.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Callers, the hashes of their keys, and secrets; blocking, for start-up and virtual threads. */
public interface Clients {

    /** Every client that is not revoked, with its number, oldest first. */
    List<ClientRecord> list();

    /** The name of every client there ever was, revoked ones too, by its number. */
    Map<Integer, String> names();

    /**
     * Adds a client or brings its row up to date by name; the number stays for good.
     *
     * @param keyHash SHA-256 of the key in lower-case hex, or null for the client of an open
     *     gateway
     */
    ClientRecord put(String name, @Nullable String keyHash, boolean admin, int maxPending);

    /** Ends a client's key; false if there is none of that name. */
    boolean revoke(String name);

    /** The client's webhook secrets, the current one first; makes the first one when asked. */
    List<String> webhookSecrets(int client);

    /**
     * Makes a new webhook secret; the old one stays valid beside it for {@code overlap}.
     *
     * @return the secrets, the current one first
     */
    List<String> rotateWebhookSecret(int client, Duration overlap);

    /** A secret of the gateway itself, for instance its signing key, if it was kept. */
    Optional<String> secret(String name);

    /** Keeps a secret of the gateway itself unless there is one; answers the one that is kept. */
    String keepSecret(String name, String value);

    /**
     * A client.
     *
     * @param id its number, never used again
     * @param createdAt wall time
     */
    record ClientRecord(
            int id,
            String name,
            @Nullable String keyHash,
            boolean admin,
            int maxPending,
            Instant createdAt) {}
}
