package dev.holdfast.app.serve;

import dev.holdfast.app.config.ClientSettings;
import dev.holdfast.store.Clients;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's clients with those of the configuration laid over them. The store gives each client
 * its number for good; the keys of configured clients are never written to it, and a key that it
 * holds under a configured name ends, so a client that is taken out of the configuration is out
 * with the next start.
 */
public final class ConfiguredClients implements Clients {
    /** The client that everybody is while nobody has a key; no configured name can be this. */
    public static final String OPEN = "(open)";

    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredClients.class);

    private final Clients stored;
    private volatile Map<String, ClientSettings> configured;

    /** Whether some have no numbers yet, or others' bounds in the store. */
    private volatile boolean toEnter;

    /** How often others were taken. */
    private volatile long taken;

    public ConfiguredClients(Clients stored, List<ClientSettings> settings) {
        this.stored = stored;
        configured = byName(settings);
    }

    private static Map<String, ClientSettings> byName(List<ClientSettings> settings) {
        Map<String, ClientSettings> clients = new LinkedHashMap<>();
        settings.forEach(client -> clients.put(client.name(), client));
        return Collections.unmodifiableMap(clients);
    }

    /**
     * Has these in force from now on: the keys of others that were configured end. Who is new gets
     * a number when the clients are looked at next and the store can write it.
     */
    synchronized void take(List<ClientSettings> settings) {
        configured = byName(settings);
        toEnter = true;
        taken++;
    }

    /** Gives every configured client, and the open one, its number. Blocking. */
    public void enter(int openMaxPending) {
        toEnter = false; // first: whoever takes others meanwhile is not overlooked
        boolean entered = false;
        try {
            enter(configured, openMaxPending);
            entered = true;
        } finally {
            toEnter |= !entered;
        }
    }

    private void enter(Map<String, ClientSettings> configured, int openMaxPending) {
        Map<String, ClientRecord> known = new HashMap<>();
        List<String> names = new ArrayList<>(configured.keySet());
        names.add(OPEN);
        stored.list(names).forEach(client -> known.put(client.name(), client));
        for (ClientSettings client : configured.values()) {
            ClientRecord row = known.get(client.name());
            if (row == null || row.keyed() || differs(row, client)) {
                stored.put(
                        client.name(), null, client.admin(), client.maxPending(), client.weight());
            }
            if (row != null && row.keyed()) {
                LOG.warn(
                        "{} is a client of {} now; its key of `holdfast keys create` has ended",
                        client.name(),
                        client.place());
            }
        }
        if (!known.containsKey(OPEN)) {
            stored.put(OPEN, null, true, openMaxPending);
        }
    }

    private static boolean differs(ClientRecord row, ClientSettings client) {
        return row.admin() != client.admin()
                || row.maxPending() != client.maxPending()
                || row.weight() != client.weight();
    }

    /** Whether anybody has a key. Blocking. */
    @Override
    public boolean anyKey() {
        return stored.anyKey() || !stored.list(configured.keySet()).isEmpty();
    }

    /** Each that ever had a key, here or in the configuration, has its number for good. */
    @Override
    public boolean anyEver() {
        return stored.anyEver();
    }

    @Override
    public long changes() {
        enterNew();
        return stored.changes() + taken;
    }

    @Override
    public List<ClientRecord> list() {
        enterNew();
        return laidOver(stored.list());
    }

    @Override
    public List<ClientRecord> list(Collection<String> names) {
        enterNew();
        return laidOver(stored.list(names));
    }

    private void enterNew() {
        if (toEnter) {
            enter(StoreStage.OPEN_MAX_PENDING);
        }
    }

    private List<ClientRecord> laidOver(List<ClientRecord> kept) {
        Map<String, ClientSettings> configured = this.configured;
        List<ClientRecord> clients = new ArrayList<>();
        for (ClientRecord client : kept) {
            ClientSettings settings = configured.get(client.name());
            if (settings != null) {
                clients.add(
                        new ClientRecord(
                                client.id(),
                                client.name(),
                                List.of(
                                        new Key(
                                                ClientKey.hash(settings.key()),
                                                client.createdAt(),
                                                null)),
                                settings.admin(),
                                settings.maxPending(),
                                settings.weight(),
                                client.createdAt()));
            } else if (client.keyed() || client.name().equals(OPEN)) {
                clients.add(client);
            }
        }
        return clients;
    }

    @Override
    public void remember(NewAct act) {
        stored.remember(act);
    }

    @Override
    public List<Act> acts(int limit, long before) {
        return stored.acts(limit, before);
    }

    @Override
    public Map<Integer, String> names() {
        return stored.names();
    }

    @Override
    public ClientRecord put(
            String name, @Nullable String keyHash, boolean admin, int maxPending, int weight) {
        return stored.put(name, keyHash, admin, maxPending, weight);
    }

    @Override
    public boolean addKey(String name, String keyHash, @Nullable Instant expiresAt) {
        return stored.addKey(name, keyHash, expiresAt);
    }

    @Override
    public boolean endKey(String keyHash) {
        return stored.endKey(keyHash);
    }

    @Override
    public boolean revoke(String name) {
        return stored.revoke(name);
    }

    @Override
    public List<String> webhookSecrets(int client) {
        return stored.webhookSecrets(client);
    }

    @Override
    public List<String> rotateWebhookSecret(int client, Duration overlap) {
        return stored.rotateWebhookSecret(client, overlap);
    }

    @Override
    public Optional<String> secret(String name) {
        return stored.secret(name);
    }

    @Override
    public String keepSecret(String name, String value) {
        return stored.keepSecret(name, value);
    }
}
