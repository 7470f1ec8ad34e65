package dev.holdfast.store.postgresql;

import dev.holdfast.store.Clients;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresMigrations;
import dev.holdfast.store.postgresql.connection.PostgresPool;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredClients;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.SQLException;
import java.time.InstantSource;

/** {@link Clients} on PostgreSQL; they may be changed by any process on the same database. */
public final class PostgresClients extends StoredClients implements AutoCloseable {
    private final PostgresPool pool;

    PostgresClients(PostgresPool pool, InstantSource wall) {
        super(wall);
        this.pool = pool;
    }

    /**
     * Opens the clients alone, beside gateways that may be running on the same database.
     *
     * @param url {@code postgresql://user:password@host:5432/database}
     * @throws StoreUnavailable if the database cannot be used
     */
    public static PostgresClients open(String url) {
        PostgresDatabase database = new PostgresDatabase(PostgresUrl.parse(url), WriteProbe.NONE);
        PostgresMigrations.migrate(database);
        return new PostgresClients(PostgresPool.ofClients(database), InstantSource.system());
    }

    @Override
    public <T> T read(Readers.Work<T> work) {
        return pool.read(work);
    }

    @Override
    public <T> T write(Readers.Work<T> work) {
        return pool.write(work);
    }

    @Override
    public void lock(Session sql, int client) throws SQLException {
        sql.list(PostgresSql.LOCK_CLIENT, row -> client, client);
    }

    @Override
    public void close() {
        pool.close();
    }
}
