package dev.holdfast.store.credential;

/** Statements about credentials, the same in both dialects. */
public final class CredentialSql {
    private CredentialSql() {}

    static final String LIST =
            """
            SELECT l.identity, c.ledger, c.closed_until, c.unauthorized_since,
                c.unauthorized_until
            FROM credential c JOIN ledger l ON l.id = c.ledger WHERE c.upstream = ?
            """;
    static final String ADD_LEDGER =
            "INSERT INTO ledger (identity) VALUES (?) ON CONFLICT (identity) DO NOTHING";
    static final String ADD =
            """
            INSERT INTO credential (upstream, ledger)
            SELECT CAST(? AS INTEGER), id FROM ledger WHERE identity = ?
            ON CONFLICT (upstream, ledger) DO NOTHING
            """;

    /** One that is not known any more, unless a call that left with it is in flight. */
    static final String FORGET =
            """
            DELETE FROM credential WHERE upstream = ? AND ledger = ? AND NOT EXISTS (
                SELECT 1 FROM attempt a WHERE a.credential = credential.ledger
                    AND a.credential IS NOT NULL AND a.settled IS NULL)
            """;

    /** The ledger of whatever upstream has one of its credentials; itself first. */
    static final String KNOWN_BY =
            """
            SELECT u.ledger, u.id FROM credential c JOIN ledger l ON l.id = c.ledger
            JOIN upstream u ON u.id = c.upstream
            WHERE l.identity = ? ORDER BY CASE WHEN u.id = ? THEN 0 ELSE 1 END, u.id LIMIT 1
            """;

    static final String CLOSE =
            """
            UPDATE credential SET closed_until = ?
            WHERE upstream = ? AND ledger = ? AND closed_until < ?
            """;

    /** It is refused, if it was not before. */
    static final String REFUSE =
            """
            UPDATE credential SET unauthorized_since = ?, unauthorized_until = ?
            WHERE upstream = ? AND ledger = ? AND unauthorized_since = 0
            """;

    /**
     * It was taken by an answer to a call that left no sooner than it was refused. Whatever another
     * answer asked for still holds.
     */
    static final String AUTHORIZED =
            """
            UPDATE credential SET unauthorized_since = 0, unauthorized_until = 0
            WHERE upstream = ? AND ledger = ? AND unauthorized_since BETWEEN 1 AND ?
            """;

    static final String PROBED =
            "UPDATE credential SET unauthorized_until = ? WHERE upstream = ? AND ledger = ?";

    static final String REFUSED_SINCE =
            """
            SELECT unauthorized_since FROM credential
            WHERE upstream = ? AND ledger = ? AND unauthorized_since > 0
            """;

    /** Unless another probe has set the next one. */
    static final String NOT_PROBED =
            """
            UPDATE credential SET unauthorized_until = 0
            WHERE upstream = ? AND ledger = ? AND unauthorized_until = ?
            """;

    /** Those that are refused are tried at once. */
    static final String PROBE_NOW =
            """
            UPDATE credential SET unauthorized_until = 0
            WHERE upstream = ? AND unauthorized_since > 0
            """;

    static final String OPEN =
            """
            UPDATE credential
            SET closed_until = 0, unauthorized_since = 0, unauthorized_until = 0
            WHERE upstream = ? AND (closed_until > 0 OR unauthorized_since > 0)
            """;

    /**
     * As {@link dev.holdfast.store.sql.LedgerSql#FOUND}, in the ledgers of an upstream's
     * credentials, which is given twice.
     */
    public static final String FOUND =
            """
            SELECT m.calls - l.found_calls, m.calls, m.probes, l.id
            FROM ledger l JOIN missing m ON m.ledger = l.id AND m.given_up =
                (SELECT max(g.given_up) FROM missing g
                WHERE g.ledger = l.id AND g.given_up < ?)
            WHERE (l.id IN (SELECT ledger FROM credential WHERE upstream = ?)
                OR l.main IN (SELECT ledger FROM credential WHERE upstream = ?))
                AND m.calls > l.found_calls
            """;
}
