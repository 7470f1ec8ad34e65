package dev.holdfast.store;

import java.nio.file.Path;
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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * {@link Clients} on SQLite, on a connection of its own: they may be changed from another process
 * while a gateway runs on the same file.
 */
public final class SqliteClients implements Clients, AutoCloseable {
    /** Bytes of a webhook secret (Standard Webhooks allows 24 to 64). */
    private static final int SECRET_BYTES = 32;

    private static final String PUT =
            """
            INSERT INTO client (name, key_hash, admin, max_pending, created_ms)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET key_hash = excluded.key_hash,
                admin = excluded.admin, max_pending = excluded.max_pending, revoked = 0
            """;
    private static final String REVOKE =
            "UPDATE client SET revoked = 1, key_hash = NULL WHERE name = ? AND revoked = 0";

    private final SqliteFile file;
    private final InstantSource wall;
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Session session;

    SqliteClients(SqliteFile file, InstantSource wall) {
        this.file = file;
        this.wall = wall;
    }

    /** Opens the clients alone, beside a gateway that may be running on the same file. */
    public static SqliteClients open(Path path) {
        SqliteFile file = new SqliteFile(path, true);
        SqliteMigrations.migrate(file);
        return new SqliteClients(file, InstantSource.system());
    }

    @Override
    public List<ClientRecord> list() {
        return run(
                sql ->
                        sql.list(
                                CommonSql.CLIENTS + "WHERE revoked = 0 ORDER BY id",
                                SqliteClients::client));
    }

    @Override
    public Map<Integer, String> names() {
        return run(
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
        return run(
                sql -> {
                    sql.update(PUT, name, keyHash, admin ? 1 : 0, maxPending, wall.millis());
                    ClientRecord kept =
                            sql.first(
                                    CommonSql.CLIENTS + "WHERE name = ?",
                                    SqliteClients::client,
                                    name);
                    if (kept == null) {
                        throw new SQLException("client " + name + " is missing");
                    }
                    return kept;
                });
    }

    @Override
    public boolean revoke(String name) {
        return run(sql -> sql.update(REVOKE, name) == 1);
    }

    @Override
    public List<String> webhookSecrets(int client) {
        return run(
                sql -> {
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
        return run(
                sql -> {
                    long now = wall.millis();
                    sql.update(CommonSql.FORGET_SECRETS, client, now);
                    sql.update(CommonSql.RETIRE_SECRETS, now + overlap.toMillis(), client);
                    sql.update(CommonSql.ADD_SECRET, client, newSecret());
                    return secrets(sql, client);
                });
    }

    @Override
    public Optional<String> secret(String name) {
        return run(
                sql ->
                        Optional.ofNullable(
                                sql.first(CommonSql.SECRET, row -> row.getString(1), name)));
    }

    @Override
    public String keepSecret(String name, String value) {
        return run(
                sql -> {
                    sql.update(CommonSql.KEEP_SECRET, name, value);
                    String kept = sql.first(CommonSql.SECRET, row -> row.getString(1), name);
                    return kept == null ? value : kept;
                });
    }

    @Override
    public void close() {
        lock.lock();
        try {
            disconnect();
        } finally {
            lock.unlock();
        }
    }

    private List<String> secrets(Session sql, int client) throws SQLException {
        return sql.list(CommonSql.SECRETS, row -> row.getString(1), client, wall.millis());
    }

    private String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    private <T> T run(Readers.Work<T> work) {
        lock.lock();
        try {
            Session sql = session;
            if (sql == null) {
                sql = new Session(file.writer(), WriteProbe.NONE);
                session = sql;
            }
            sql.run(SqliteSql.BEGIN);
            T result = work.run(sql);
            sql.run(SqliteSql.COMMIT);
            return result;
        } catch (SQLException e) {
            disconnect();
            throw new StoreUnavailable("the store cannot be used: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Also rolls back. */
    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            try {
                sql.close();
            } catch (SQLException e) {
                throw new StoreUnavailable("the store cannot be closed: " + e.getMessage(), e);
            }
        }
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
