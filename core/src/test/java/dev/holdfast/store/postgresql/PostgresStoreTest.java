package dev.holdfast.store.postgresql;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreContract;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The contract on a real PostgreSQL, whose clock the test moves. */
final class PostgresStoreTest extends StoreContract {
    private static final KeptDatabase DATABASE = new KeptDatabase(PostgresServer.newDatabase());

    private final PostgresDatabase database = DATABASE.fresh();

    @Override
    public Store open() {
        return PostgresStore.open(
                new PostgresStore.Setting(
                        database,
                        options,
                        time.clocks().nanos(),
                        (_, told) -> told.accept(time.micros()),
                        random));
    }

    @Override
    public <T> void drive(CompletableFuture<T> stage) {
        // The store's own threads do.
    }

    @Override
    protected long rows(String table) {
        return DATABASE.number("SELECT count(*) FROM " + table);
    }

    @Override
    public void prune() {
        while (await(((PostgresStore) store).prune())) {
            time.pass(Duration.ofMillis(1));
        }
    }

    /** A server takes longer for each, and what they are played against is the same. */
    @Override
    protected int steps(int steps) {
        return steps / 2;
    }
}
