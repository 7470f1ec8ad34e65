package dev.holdfast.gateway;

import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.store.Clients;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Clients in memory, for tests that need keys and no store. */
public final class TestClients implements Clients {
    private final List<ClientRecord> clients = new ArrayList<>();
    private long changes;
    private int lists;

    static Authenticator authenticator(String... keys) {
        TestClients clients = new TestClients();
        for (String key : keys) {
            clients.put(key, hash(key), false, 10);
        }
        Authenticator authenticator = new Authenticator(clients, false);
        authenticator.refresh();
        return authenticator;
    }

    public static String hash(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void remember(NewAct act) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Act> acts(int limit, long before) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<ClientRecord> list() {
        lists++;
        return List.copyOf(clients);
    }

    @Override
    public List<ClientRecord> list(Collection<String> names) {
        return clients.stream().filter(client -> names.contains(client.name())).toList();
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public boolean anyKey() {
        return clients.stream().anyMatch(ClientRecord::keyed);
    }

    @Override
    public boolean anyEver() {
        return !clients.isEmpty();
    }

    /** How often all were read. */
    public int lists() {
        return lists;
    }

    @Override
    public Map<Integer, String> names() {
        return clients.stream().collect(Collectors.toMap(ClientRecord::id, ClientRecord::name));
    }

    @Override
    public ClientRecord put(
            String name, String keyHash, boolean admin, int maxPending, int weight) {
        ClientRecord client =
                new ClientRecord(
                        clients.size() + 1,
                        name,
                        keyHash == null ? List.of() : List.of(key(keyHash)),
                        admin,
                        maxPending,
                        weight,
                        Instant.EPOCH);
        clients.add(client);
        changes++;
        return client;
    }

    @Override
    public boolean addKey(String name, String keyHash, Instant expiresAt) {
        changes++;
        clients.replaceAll(
                client ->
                        client.name().equals(name)
                                ? with(client, keyHash, new Key(keyHash, Instant.EPOCH, expiresAt))
                                : client);
        return true;
    }

    @Override
    public boolean endKey(String keyHash) {
        changes++;
        clients.replaceAll(client -> with(client, keyHash, null));
        return true;
    }

    private static ClientRecord with(ClientRecord client, String hash, Key instead) {
        List<Key> keys = new ArrayList<>(client.keys());
        keys.removeIf(key -> key.hash().equals(hash));
        if (instead != null) {
            keys.add(instead);
        }
        return new ClientRecord(
                client.id(),
                client.name(),
                keys,
                client.admin(),
                client.maxPending(),
                client.weight(),
                client.createdAt());
    }

    private static Key key(String hash) {
        return new Key(hash, Instant.EPOCH, null);
    }

    @Override
    public boolean revoke(String name) {
        changes++;
        return clients.removeIf(client -> client.name().equals(name));
    }

    @Override
    public List<String> webhookSecrets(int client) {
        return List.of();
    }

    @Override
    public List<String> rotateWebhookSecret(int client, Duration overlap) {
        return List.of();
    }

    @Override
    public Optional<String> secret(String name) {
        return Optional.empty();
    }

    @Override
    public String keepSecret(String name, String value) {
        return value;
    }
}
