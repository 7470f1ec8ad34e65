package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreContract;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on SQLite, on clocks that the test moves. */
final class SqliteStoreTest extends StoreContract {
    @TempDir Path folder;

    @Test
    void aClockThatWasSetFreesNoSlotAfterAReboot() {
        for (int i = 0; i < 20; i++) {
            held(SHOP, "m" + i);
        }
        claim(10).jobs().forEach(this::succeed);
        time.step(Duration.ofHours(1));
        store.close();
        time.reboot(Duration.ofSeconds(5));
        store = open();
        assertThat(claim(10).jobs()).as("an hour of which only the wall clock speaks").isEmpty();
        time.pass(HELD.minusMillis(1));
        assertThat(claim(10).jobs()).isEmpty();
        time.pass(Duration.ofMillis(1));
        assertThat(claim(10).jobs()).hasSize(10);
    }

    @Override
    public Store open() {
        return SqliteStore.simulated(
                folder.resolve("store.db"),
                options,
                time.clocks(),
                random,
                WriteProbe.NONE,
                () -> {});
    }

    @Override
    public <T> void drive(CompletableFuture<T> stage) {
        while (!stage.isDone()) {
            ((SqliteStore) store).runBatch();
        }
    }

    @Override
    protected long rows() throws SQLException {
        try (Connection file =
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
                Statement statement = file.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM upstream")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void prune() {
        while (await(((SqliteStore) store).prune())) {
            time.pass(Duration.ofMillis(1));
        }
    }
}
