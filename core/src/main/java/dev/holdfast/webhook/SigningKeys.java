package dev.holdfast.webhook;

import dev.holdfast.store.Clients;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * What each client's webhooks are signed with: its secret, during a rotation its old one too, and
 * the gateway's own private key. Remembers them for a moment. Safe for many threads.
 */
public final class SigningKeys {
    /** How long secrets are remembered; another process's rotation counts after that. */
    public static final Duration REMEMBERED = Duration.ofSeconds(3);

    /** Clients remembered at most; beyond that all are forgotten. */
    static final int MAX_CLIENTS = 10_000;

    /** The gateway's private key among the store's secrets. */
    static final String NAME = "webhook-ed25519";

    private final Clients clients;
    private final Executor readers;
    private final InstantSource clock;
    private final SigningKey.Ed25519 own;
    private final Map<Integer, Known> known = new ConcurrentHashMap<>();

    private record Known(CompletableFuture<List<SigningKey>> keys, Instant until) {}

    private SigningKeys(
            Clients clients, Executor readers, InstantSource clock, SigningKey.Ed25519 own) {
        this.clients = clients;
        this.readers = readers;
        this.clock = clock;
        this.own = own;
    }

    /**
     * Reads the gateway's private key, or makes it the first time; blocking.
     *
     * @param readers for look-ups that block
     * @param clock steady time
     */
    public static SigningKeys open(
            Clients clients, Executor readers, InstantSource clock, SecureRandom random) {
        String kept =
                clients.secret(NAME)
                        .orElseGet(
                                () ->
                                        clients.keepSecret(
                                                NAME,
                                                SigningKey.Ed25519.create(random).privateText()));
        if (SigningKey.parse(kept) instanceof SigningKey.Ed25519 own) {
            return new SigningKeys(clients, readers, clock, own);
        }
        throw new IllegalStateException("the store's secret " + NAME + " is no private key");
    }

    /** The gateway's public keys as written, {@code whpk_…}, the current one first. */
    public List<String> publicKeys() {
        return List.of(own.publicText());
    }

    /**
     * What a client's webhooks are signed with, its current secret first. Never blocks; fails if
     * the store does.
     */
    public CompletionStage<List<SigningKey>> of(int client) {
        Known found = known.get(client);
        Instant now = clock.instant();
        if (found != null && now.isBefore(found.until())) {
            return found.keys();
        }
        if (known.size() >= MAX_CLIENTS) {
            known.clear();
        }
        Known fresh = new Known(new CompletableFuture<>(), now.plus(REMEMBERED));
        known.put(client, fresh);
        readers.execute(() -> read(client, fresh));
        return fresh.keys();
    }

    /**
     * Makes a new secret for a client, in force at once; blocking.
     *
     * @param overlap how long the old one signs beside it
     * @return the secrets as written, the current one first
     */
    public List<String> rotate(int client, Duration overlap) {
        try {
            return clients.rotateWebhookSecret(client, overlap);
        } finally {
            forget(client);
        }
    }

    /** Reads a client's secrets anew when they are needed next. */
    public void forget(int client) {
        known.remove(client);
    }

    private void read(int client, Known fresh) {
        try {
            List<SigningKey> keys = new ArrayList<>();
            clients.webhookSecrets(client).forEach(text -> keys.add(SigningKey.parse(text)));
            keys.add(own);
            fresh.keys().complete(List.copyOf(keys));
        } catch (RuntimeException e) {
            known.remove(client, fresh);
            fresh.keys().completeExceptionally(e);
        }
    }
}
