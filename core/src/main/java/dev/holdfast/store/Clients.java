package dev.holdfast.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Callers, the hashes of their keys, and secrets; blocking, for start-up and virtual threads. */
public interface Clients {

    /** Secrets that sign a client's webhooks at once; older ones end, however short their time. */
    int MAX_SECRETS = 3;

    /** Every client that is not revoked, with the keys that have not expired, oldest first. */
    List<ClientRecord> list();

    /** Of these names those that {@link #list()} has. */
    List<ClientRecord> list(Collection<String> names);

    /**
     * A number that is another one as soon as {@link #list()} or {@link #names} tell something
     * else, whoever changed it; that a key's time is over does not change it. However many clients
     * there are, it costs one look at one row.
     */
    long changes();

    /** Whether any client that is not revoked has a key that has not expired. */
    boolean anyKey();

    /**
     * Whether there ever was a client but the gateway's own, which are told by their brackets:
     * nobody else's name may have any.
     */
    boolean anyEver();

    /** The name of every client there ever was, revoked ones too, by its number. */
    Map<Integer, String> names();

    /**
     * Adds a client or brings its row up to date by name; the number stays for good. Keys that it
     * had end.
     *
     * @param keyHash SHA-256 of its one key in lower-case hex, or null for a client whose key is
     *     kept elsewhere and that of an open gateway
     * @param weight one of twice the weight has its turn twice as often; 1 to 16
     */
    ClientRecord put(
            String name, @Nullable String keyHash, boolean admin, int maxPending, int weight);

    /** Adds a client of the usual weight, or brings its row up to date. */
    default ClientRecord put(String name, @Nullable String keyHash, boolean admin, int maxPending) {
        return put(name, keyHash, admin, maxPending, 1);
    }

    /**
     * Adds another key to a client that is not revoked; false if there is none of that name.
     *
     * @param keyHash SHA-256 of the key in lower-case hex
     * @param expiresAt wall time at which it ends by itself, or null
     */
    boolean addKey(String name, String keyHash, @Nullable Instant expiresAt);

    /** Ends one key; false if there is none of that hash. */
    boolean endKey(String keyHash);

    /** Ends a client's keys; false if there is none of that name. */
    boolean revoke(String name);

    /**
     * The client's webhook secrets, the current one first, at most {@link #MAX_SECRETS}; makes the
     * first one when asked.
     */
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

    /** Acts that are remembered; with more, the oldest are forgotten. */
    int MAX_ACTS = 100_000;

    /** Remembers what an operator did, durably. */
    void remember(NewAct act);

    /**
     * What operators did, the last first.
     *
     * @param limit at least 1
     * @param before only acts with a smaller number, for paging; {@link Long#MAX_VALUE} for all
     */
    List<Act> acts(int limit, long before);

    /**
     * What an operator does.
     *
     * @param who a client's name, or {@link #COMMAND_LINE}
     * @param what in a word, such as {@code pause}
     * @param target what it was done to: an upstream, a request's id, a client
     */
    record NewAct(String who, String what, String target) {}

    /** Who acts on the store itself, beside a gateway: no client may have this name. */
    String COMMAND_LINE = "(command line)";

    /**
     * What an operator did.
     *
     * @param number larger than those of all before it
     * @param at wall time
     */
    record Act(long number, Instant at, NewAct act) {}

    /**
     * A client.
     *
     * @param id its number, never used again
     * @param keys those that let it in, oldest first
     * @param weight how often it has its turn, 1 to 16
     * @param createdAt wall time
     */
    record ClientRecord(
            int id,
            String name,
            List<Key> keys,
            boolean admin,
            int maxPending,
            int weight,
            Instant createdAt) {
        public ClientRecord {
            keys = List.copyOf(keys);
        }

        /** Whether any key lets it in. */
        public boolean keyed() {
            return !keys.isEmpty();
        }
    }

    /**
     * A key of a client.
     *
     * @param hash SHA-256 of it in lower-case hex
     * @param createdAt wall time
     * @param expiresAt wall time at which it ends by itself, or null
     */
    record Key(String hash, Instant createdAt, @Nullable Instant expiresAt) {}
}
