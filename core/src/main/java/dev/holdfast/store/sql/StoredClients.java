package dev.holdfast.store.sql;

import dev.holdfast.store.Clients;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Clients}, the same on SQLite and PostgreSQL, which differ in how they are reached. */
public abstract class StoredClients implements Clients {
    /** Bytes of a webhook secret (Standard Webhooks allows 24 to 64). */
    private static final int SECRET_BYTES = 32;

    private final InstantSource wall;

    /** Clients read by one look: a start with a hundred thousand waits for none of them long. */
    private static final int AT_ONCE = 2_048;

    /** Names that one look asks for. */
    private static final int NAMES_AT_ONCE = 500;

    private final SecureRandom random = new SecureRandom();

    public StoredClients(InstantSource wall) {
        this.wall = wall;
    }

    /** Looks something up. */
    public abstract <T> T read(Readers.Work<T> work);

    /** Changes something, in one transaction. */
    public abstract <T> T write(Readers.Work<T> work);

    /** Keeps other processes from changing a client's secrets until the transaction ends. */
    public abstract void lock(Session sql, int client) throws SQLException;

    @Override
    public List<ClientRecord> list() {
        List<ClientRecord> all = new ArrayList<>();
        List<ClientRecord> next = list(0);
        while (!next.isEmpty()) {
            all.addAll(next);
            next = list(next.getLast().id());
        }
        return List.copyOf(all);
    }

    /** A look of its own, which may take as long as any. */
    private List<ClientRecord> list(int after) {
        return read(
                sql -> clients(sql, ClientSql.NEXT_CLIENTS, false, after, AT_ONCE, wall.millis()));
    }

    @Override
    public List<ClientRecord> list(Collection<String> names) {
        List<String> all = List.copyOf(names);
        List<ClientRecord> found = new ArrayList<>();
        for (int from = 0; from < all.size(); from += NAMES_AT_ONCE) {
            List<String> some = all.subList(from, Math.min(all.size(), from + NAMES_AT_ONCE));
            List<Object> values = new ArrayList<>(List.of(wall.millis(), false));
            values.addAll(some);
            found.addAll(read(sql -> clients(sql, ClientSql.named(some.size()), values.toArray())));
        }
        return List.copyOf(found);
    }

    @Override
    public long changes() {
        return read(sql -> sql.number(ClientSql.CHANGES));
    }

    @Override
    public boolean anyKey() {
        return read(sql -> sql.number(ClientSql.ANY_KEY, false, wall.millis()) != 0);
    }

    @Override
    public boolean anyEver() {
        return read(sql -> sql.number(ClientSql.ANY_EVER) != 0);
    }

    /** Changes who may come in, and says so, which the next ones wait for. */
    private <T> T change(Readers.Work<T> work) {
        return write(
                sql -> {
                    sql.update(ClientSql.CHANGED);
                    return work.run(sql);
                });
    }

    @Override
    public Map<Integer, String> names() {
        return read(
                sql -> {
                    Map<Integer, String> names = new HashMap<>();
                    sql.each(
                            ClientSql.CLIENT_NAMES,
                            row -> names.put(row.getInt(1), Session.text(row, 2)));
                    return names;
                });
    }

    @Override
    public ClientRecord put(
            String name, @Nullable String keyHash, boolean admin, int maxPending, int weight) {
        return change(
                sql -> {
                    sql.update(
                            ClientSql.PUT_CLIENT,
                            name,
                            admin,
                            maxPending,
                            weight,
                            wall.millis(),
                            false);
                    sql.update(ClientSql.END_KEYS, name);
                    if (keyHash != null) {
                        sql.update(ClientSql.ADD_KEY, keyHash, wall.millis(), null, name, false);
                    }
                    return clients(sql, ClientSql.CLIENT, wall.millis(), name).getFirst();
                });
    }

    @Override
    public boolean addKey(String name, String keyHash, @Nullable Instant expiresAt) {
        Long expires = expiresAt == null ? null : expiresAt.toEpochMilli();
        return change(
                sql ->
                        sql.update(ClientSql.ADD_KEY, keyHash, wall.millis(), expires, name, false)
                                == 1);
    }

    @Override
    public boolean endKey(String keyHash) {
        return change(sql -> sql.update(ClientSql.END_KEY, keyHash) == 1);
    }

    @Override
    public boolean revoke(String name) {
        return change(
                sql -> {
                    sql.update(ClientSql.END_KEYS, name);
                    return sql.update(ClientSql.REVOKE_CLIENT, true, name, false) == 1;
                });
    }

    @Override
    public List<String> webhookSecrets(int client) {
        List<String> known = read(sql -> secrets(sql, client));
        if (!known.isEmpty()) {
            return known;
        }
        return write(
                sql -> {
                    lock(sql, client);
                    List<String> kept = secrets(sql, client);
                    if (!kept.isEmpty()) {
                        return kept;
                    }
                    sql.update(ClientSql.ADD_SECRET, client, newSecret());
                    return secrets(sql, client);
                });
    }

    @Override
    public List<String> rotateWebhookSecret(int client, Duration overlap) {
        return write(
                sql -> {
                    lock(sql, client);
                    long now = wall.millis();
                    sql.update(ClientSql.FORGET_SECRETS, client, now, client, MAX_SECRETS - 1);
                    sql.update(ClientSql.RETIRE_SECRETS, now + overlap.toMillis(), client);
                    sql.update(ClientSql.ADD_SECRET, client, newSecret());
                    return secrets(sql, client);
                });
    }

    @Override
    public Optional<String> secret(String name) {
        return read(
                sql ->
                        Optional.ofNullable(
                                sql.first(ClientSql.SECRET, row -> Session.text(row, 1), name)));
    }

    @Override
    public String keepSecret(String name, String value) {
        return write(
                sql -> {
                    sql.update(ClientSql.KEEP_SECRET, name, value);
                    String kept = sql.first(ClientSql.SECRET, row -> Session.text(row, 1), name);
                    return kept == null ? value : kept;
                });
    }

    @Override
    public void remember(NewAct act) {
        write(
                sql -> {
                    sql.update(
                            ClientSql.ADD_ACT, wall.millis(), act.who(), act.what(), act.target());
                    return sql.update(ClientSql.FORGET_ACTS, MAX_ACTS);
                });
    }

    @Override
    public List<Act> acts(int limit, long before) {
        return read(sql -> sql.list(ClientSql.ACTS, StoredClients::act, before, limit));
    }

    private static Act act(ResultSet row) throws SQLException {
        return new Act(
                row.getLong(1),
                Instant.ofEpochMilli(row.getLong(2)),
                new NewAct(Session.text(row, 3), Session.text(row, 4), Session.text(row, 5)));
    }

    private List<String> secrets(Session sql, int client) throws SQLException {
        return sql.list(
                ClientSql.SECRETS, row -> Session.text(row, 1), client, wall.millis(), MAX_SECRETS);
    }

    private String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    /** Clients with their keys, which come in rows beside each other. */
    private static List<ClientRecord> clients(Session sql, String text, Object... values)
            throws SQLException {
        Map<Integer, ClientRecord> clients = new LinkedHashMap<>();
        sql.list(
                text,
                row ->
                        clients.merge(
                                row.getInt(1),
                                client(row),
                                (all, one) -> with(all, one.keys().getFirst())),
                values);
        return List.copyOf(clients.values());
    }

    private static ClientRecord client(ResultSet row) throws SQLException {
        String hash = Session.text(row, 7);
        Long expires = Session.longOrNull(row, 9);
        List<Key> keys =
                hash == null
                        ? List.of()
                        : List.of(
                                new Key(
                                        hash,
                                        Instant.ofEpochMilli(row.getLong(8)),
                                        expires == null ? null : Instant.ofEpochMilli(expires)));
        return new ClientRecord(
                row.getInt(1),
                Session.text(row, 2),
                keys,
                row.getBoolean(3),
                row.getInt(4),
                row.getInt(5),
                Instant.ofEpochMilli(row.getLong(6)));
    }

    private static ClientRecord with(ClientRecord client, Key another) {
        List<Key> keys = new ArrayList<>(client.keys());
        keys.add(another);
        return new ClientRecord(
                client.id(),
                client.name(),
                keys,
                client.admin(),
                client.maxPending(),
                client.weight(),
                client.createdAt());
    }
}
