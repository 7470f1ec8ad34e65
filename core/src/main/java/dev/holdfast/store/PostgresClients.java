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

/** {@link Clients} on PostgreSQL; they may be changed by any process on the same database. */
public final class PostgresClients implements Clients, AutoCloseable {
    /** Bytes of a webhook secret (Standard Webhooks allows 24 to 64). */
    private static final int SECRET_BYTES = 32;

    private final PostgresPool pool;
    private final InstantSource wall;
    private final SecureRandom random = new SecureRandom();

    PostgresClients(PostgresPool pool, InstantSource wall) {
        this.pool = pool;
        this.wall = wall;
    }

    /**
     * Opens the clients alone, beside gateways that may be running on the same database.
     *
     * @param url {@code postgresql://user:password@host:5432/database}
     * @throws StoreUnavailable if the database cannot be used
     */
    public static PostgresClients open(String url) {
        PostgresUrl place = PostgresUrl.parse(url);
        PostgresMigrations.migrate(new PostgresDatabase(place, WriteProbe.NONE));
        return new PostgresClients(new PostgresPool(place), InstantSource.system());
    }

    @Override
    public List<ClientRecord> list() {
        return pool.read(
                sql ->
                        sql.list(
                                CommonSql.CLIENTS + "WHERE NOT revoked ORDER BY id",
                                PostgresClients::client));
    }

    @Override
    public Map<Integer, String> names() {
        return pool.read(
                sql -> {
                    Map<Integer, String> names = new HashMap<>();
                    sql.each(
                            CommonSql.CLIENT_NAMES,
                            row -> names.put(row.getInt(1), row.getString(2)));
                    return names;
                });
    }

    @Override
    public ClientRecord put(String name, @Nullable String keyHash, boolean admin, int maxPending) {
        return pool.write(
                sql -> {
                    sql.update(
                            PostgresSql.PUT_CLIENT,
                            name,
                            keyHash,
                            admin,
                            maxPending,
                            wall.millis());
                    ClientRecord kept =
                            sql.first(
                                    CommonSql.CLIENTS + "WHERE name = ?",
                                    PostgresClients::client,
                                    name);
                    if (kept == null) {
                        throw new SQLException("client " + name + " is missing");
                    }
                    return kept;
                });
    }

    @Override
    public boolean revoke(String name) {
        return pool.write(sql -> sql.update(PostgresSql.REVOKE_CLIENT, name) == 1);
    }

    @Override
    public List<String> webhookSecrets(int client) {
        List<String> known = pool.read(sql -> secrets(sql, client));
        if (!known.isEmpty()) {
            return known;
        }
        return pool.write(
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
        return pool.write(
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
        return pool.read(
                sql ->
                        Optional.ofNullable(
                                sql.first(CommonSql.SECRET, row -> row.getString(1), name)));
    }

    @Override
    public String keepSecret(String name, String value) {
        return pool.write(
                sql -> {
                    sql.update(CommonSql.KEEP_SECRET, name, value);
                    String kept = sql.first(CommonSql.SECRET, row -> row.getString(1), name);
                    return kept == null ? value : kept;
                });
    }

    @Override
    public void close() {
        pool.close();
    }

    private static void lock(Session sql, int client) throws SQLException {
        sql.list(PostgresSql.LOCK_CLIENT, row -> client, client);
    }

    private List<String> secrets(Session sql, int client) throws SQLException {
        return sql.list(CommonSql.SECRETS, row -> row.getString(1), client, wall.millis());
    }

    private String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    private static ClientRecord client(ResultSet row) throws SQLException {
        return new ClientRecord(
                row.getInt(1),
                row.getString(2),
                row.getString(3),
                row.getBoolean(4),
                row.getInt(5),
                Instant.ofEpochMilli(row.getLong(6)));
    }
}
