package dev.holdfast.store.sqlite;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A store without threads, whose batches are run by the test. */
final class SimulatedFile {
    private SimulatedFile() {}

    static Store open(StoreFixture of, Path folder) {
        return SqliteStore.simulated(
                folder.resolve("store.db"),
                of.options,
                of.time.clocks(),
                of.random,
                WriteProbe.NONE,
                () -> {});
    }

    static <T> void drive(Store store, CompletableFuture<T> stage) {
        while (!stage.isDone()) {
            ((SqliteStore) store).runBatch();
        }
    }
}
