package dev.holdfast.store.sql;

/** Of {@link CommonSql} what is about clients, their keys and secrets, and what operators did. */
public final class ClientSql {
    private ClientSql() {}

    // What operators did

    static final String ADD_ACT = "INSERT INTO act (at_ms, who, what, target) VALUES (?, ?, ?, ?)";
    static final String FORGET_ACTS =
            "DELETE FROM act WHERE number <= (SELECT max(number) FROM act) - ?";
    static final String ACTS =
            """
            SELECT number, at_ms, who, what, target FROM act WHERE number < ?
            ORDER BY number DESC LIMIT ?
            """;

    // Clients

    private static final String ALL_CLIENTS =
            """
            SELECT c.id, c.name, c.admin, c.max_pending, c.weight, c.created_ms,
                k.hash, k.created_ms, k.expires_ms
            FROM client c LEFT JOIN client_key k
                ON k.client = c.id AND (k.expires_ms IS NULL OR k.expires_ms > ?)
            """;

    /** The next few of those that are not revoked, in the order of their numbers. */
    static final String NEXT_CLIENTS =
            ALL_CLIENTS.replace(
                            "FROM client c",
                            "FROM (SELECT * FROM client WHERE revoked = ? AND id > ?"
                                    + " ORDER BY id LIMIT ?) c")
                    + "ORDER BY c.id, k.created_ms, k.hash";

    /** Those of so many names that are not revoked. */
    static String named(int names) {
        return ALL_CLIENTS
                + "WHERE c.revoked = ? AND c.name IN (?"
                + ", ?".repeat(names - 1)
                + ") ORDER BY c.id, k.created_ms, k.hash";
    }

    static final String CHANGES = "SELECT coalesce(max(number), 0) FROM client_change";

    /** Whoever else changes clients waits, so that no number tells less than the one before. */
    static final String CHANGED =
            """
            INSERT INTO client_change (id, number) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET number = client_change.number + 1
            """;

    static final String ANY_KEY =
            """
            SELECT count(*) FROM (
                SELECT 1 FROM client_key k JOIN client c ON c.id = k.client
                WHERE c.revoked = ? AND (k.expires_ms IS NULL OR k.expires_ms > ?) LIMIT 1) AS one
            """;
    static final String ANY_EVER =
            "SELECT count(*) FROM (SELECT 1 FROM client WHERE name NOT LIKE '(%' LIMIT 1) AS one";
    static final String CLIENT = ALL_CLIENTS + "WHERE c.name = ? ORDER BY k.created_ms, k.hash";
    public static final String CLIENT_BOUNDS =
            "SELECT max_pending, weight FROM client WHERE id = ?";
    static final String CLIENT_NAMES = "SELECT id, name FROM client";
    static final String PUT_CLIENT =
            """
            INSERT INTO client (name, admin, max_pending, weight, created_ms, revoked)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET admin = excluded.admin,
                max_pending = excluded.max_pending, weight = excluded.weight, revoked = excluded.revoked
            """;
    static final String REVOKE_CLIENT =
            "UPDATE client SET revoked = ? WHERE name = ? AND revoked = ?";
    static final String ADD_KEY =
            """
            INSERT INTO client_key (hash, client, created_ms, expires_ms)
            SELECT ?, id, ?, ? FROM client WHERE name = ? AND revoked = ?
            """;
    static final String END_KEY = "DELETE FROM client_key WHERE hash = ?";
    static final String END_KEYS =
            "DELETE FROM client_key WHERE client IN (SELECT id FROM client WHERE name = ?)";
    static final String SECRETS =
            """
            SELECT secret FROM webhook_secret
            WHERE client = ? AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY id DESC LIMIT ?
            """;
    static final String ADD_SECRET = "INSERT INTO webhook_secret (client, secret) VALUES (?, ?)";
    static final String RETIRE_SECRETS =
            "UPDATE webhook_secret SET expires_ms = ? WHERE client = ? AND expires_ms IS NULL";
    static final String FORGET_SECRETS =
            """
            DELETE FROM webhook_secret WHERE client = ? AND (expires_ms <= ? OR id NOT IN (
                SELECT id FROM webhook_secret WHERE client = ? ORDER BY id DESC LIMIT ?))
            """;
    static final String SECRET = "SELECT value FROM secret WHERE name = ?";
    static final String KEEP_SECRET =
            "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING";
}
