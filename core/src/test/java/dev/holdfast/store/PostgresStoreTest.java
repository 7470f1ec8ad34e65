package dev.holdfast.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The contract on a real PostgreSQL, whose clock the test moves. */
final class PostgresStoreTest extends StoreContract {
    private final String url = PostgresServer.newDatabase();

    @Override
    Store open() {
        return PostgresStore.open(
                new PostgresStore.Setting(
                        PostgresServer.database(url),
                        OPTIONS,
                        time.clocks().nanos(),
                        (_, told) -> told.accept(time.micros()),
                        random));
    }

    @Override
    <T> void drive(CompletableFuture<T> stage) {
        // The store's own threads do.
    }

    @Override
    void prune() {
        while (await(((PostgresStore) store).prune())) {
            time.pass(Duration.ofMillis(1));
        }
    }
}
