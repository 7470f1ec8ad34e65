package dev.holdfast.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.io.TempDir;

/** The contract on SQLite, on clocks that the test moves. */
final class SqliteStoreTest extends StoreContract {
    @TempDir Path folder;

    @Override
    Store open() {
        return SqliteStore.simulated(
                folder.resolve("store.db"),
                OPTIONS,
                time.clocks(),
                random,
                WriteProbe.NONE,
                () -> {});
    }

    @Override
    <T> void drive(CompletableFuture<T> stage) {
        while (!stage.isDone()) {
            ((SqliteStore) store).runBatch();
        }
    }

    @Override
    void prune() {
        while (await(((SqliteStore) store).prune())) {
            time.pass(Duration.ofMillis(1));
        }
    }
}
