package dev.holdfast.store.postgresql.connection;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.Session;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * Tells a pooler that gives each transaction another session of the server (as PgBouncer does with
 * {@code pool_mode = transaction}) from a server, and from a pooler that leaves a connection its
 * session. Our settings, statements and LISTEN need one that is ours.
 */
final class PostgresPooler {
    /** Connections that are made to find one that shares another's session. */
    private static final int LOOKS = 3;

    private PostgresPooler() {}

    /**
     * Refuses to go on behind such a pooler.
     *
     * @param connection one of the database's, on which nothing is under way
     * @throws StoreUnavailable with a word that says what to do
     */
    static void refuse(PostgresDatabase database, Connection connection) throws SQLException {
        Session sql = PostgresDatabase.on(connection);
        long process = sql.number(PostgresSql.SERVER_PROCESS);
        if (process == connection.unwrap(PGConnection.class).getBackendPID()) {
            return;
        }
        for (int look = 0; look < LOOKS; look++) {
            if (shares(database, process) || sql.number(PostgresSql.SERVER_PROCESS) != process) {
                throw new StoreUnavailable(
                        database.url()
                                + " is a connection pooler that gives each transaction another"
                                + " session; connect to the PostgreSQL server itself, or set"
                                + " pool_mode = session for this database",
                        null);
            }
        }
    }

    private static boolean shares(PostgresDatabase database, long process) throws SQLException {
        try (Connection another = database.connect()) {
            return PostgresDatabase.on(another).number(PostgresSql.SERVER_PROCESS) == process;
        }
    }
}
