package dev.holdfast.store;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Clients}, the same on SQLite and PostgreSQL, which differ in how they are reached. */
abstract class StoredClients implements Clients {
    /** Bytes of a webhook secret (Standard Webhooks allows 24 to 64). */
    private static final int SECRET_BYTES = 32;

    private final InstantSource wall;
    private final SecureRandom random = new SecureRandom();

    StoredClients(InstantSource wall) {
        this.wall = wall;
    }

    /** Looks something up. */
    abstract <T> T read(Readers.Work<T> work);

    /** Changes something, in one transaction. */
    abstract <T> T write(Readers.Work<T> work);

    /** Keeps other processes from changing a client's secrets until the transaction ends. */
    abstract void lock(Session sql, int client) throws SQLException;

    @Override
    public List<ClientRecord> list() {
        return read(
                sql ->
                        sql.list(
                                CommonSql.CLIENTS + "WHERE revoked = ? ORDER BY id",
                                StoredClients::client,
                                false));
    }

    @Override
    public Map<Integer, String> names() {
        return read(
                sql -> {
                    Map<Integer, String> names = new HashMap<>();
                    sql.each(
                            CommonSql.CLIENT_NAMES,
                            row -> names.put(row.getInt(1), Session.text(row, 2)));
                    return names;
                });
    }

    @Override
    public ClientRecord put(String name, @Nullable String keyHash, boolean admin, int maxPending) {
        return write(
                sql -> {
                    sql.update(
                            CommonSql.PUT_CLIENT,
                            name,
                            keyHash,
                            admin,
                            maxPending,
                            wall.millis(),
                            false);
                    ClientRecord kept =
                            sql.first(
                                    CommonSql.CLIENTS + "WHERE name = ?",
                                    StoredClients::client,
                                    name);
                    if (kept == null) {
                        throw new SQLException("client " + name + " is missing");
                    }
                    return kept;
                });
    }

    @Override
    public boolean revoke(String name) {
        return write(sql -> sql.update(CommonSql.REVOKE_CLIENT, true, name, false) == 1);
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
                    sql.update(CommonSql.ADD_SECRET, client, newSecret());
                    return secrets(sql, client);
                });
    }

    @Override
    public List<String> rotateWebhookSecret(int client, Duration overlap) {
        return write(
                sql -> {
                    lock(sql, client);
                    long now = wall.millis();
                    sql.update(CommonSql.FORGET_SECRETS, client, now);
                    sql.update(CommonSql.RETIRE_SECRETS, now + overlap.toMillis(), client);
                    sql.update(CommonSql.ADD_SECRET, client, newSecret());
                    return secrets(sql, client);
                });
    }

    @Override
    public Optional<String> secret(String name) {
        return read(
                sql ->
                        Optional.ofNullable(
                                sql.first(CommonSql.SECRET, row -> Session.text(row, 1), name)));
    }

    @Override
    public String keepSecret(String name, String value) {
        return write(
                sql -> {
                    sql.update(CommonSql.KEEP_SECRET, name, value);
                    String kept = sql.first(CommonSql.SECRET, row -> Session.text(row, 1), name);
                    return kept == null ? value : kept;
                });
    }

    private List<String> secrets(Session sql, int client) throws SQLException {
        return sql.list(CommonSql.SECRETS, row -> Session.text(row, 1), client, wall.millis());
    }

    private String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    private static ClientRecord client(ResultSet row) throws SQLException {
        return new ClientRecord(
                row.getInt(1),
                Session.text(row, 2),
                Session.text(row, 3),
                row.getBoolean(4),
                row.getInt(5),
                Instant.ofEpochMilli(row.getLong(6)));
    }
}
