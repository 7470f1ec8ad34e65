package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Clients.NewAct;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.postgresql.PostgresClients;
import dev.holdfast.store.sqlite.SqliteClients;
import dev.holdfast.store.sqlite.SqliteCopies;
import dev.holdfast.store.sqlite.SqliteStore;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Short looks into the store, beside a gateway that may be running on it. */
public final class StoreAccess {
    private StoreAccess() {}

    /**
     * Does {@code work} on the store's clients; makes the store if it is new.
     *
     * @throws Failure if the store cannot be opened
     */
    public static <T> T withClients(StoreSettings store, Function<Clients, T> work) {
        try {
            if (store.sqlite()) {
                try (SqliteClients clients = SqliteClients.open(Path.of(store.sqlitePath()))) {
                    return work.apply(clients);
                }
            }
            try (PostgresClients clients = PostgresClients.open(store.url())) {
                return work.apply(clients);
            }
        } catch (StoreUnavailable e) {
            throw Failure.failed(
                    "holdfast: cannot use the store " + Serve.shown(store) + ": " + e.getMessage());
        }
    }

    /**
     * Backs the store up, as {@link SqliteCopies#backUp} says.
     *
     * @throws Failure if it is none on SQLite, or cannot be backed up
     */
    public static long backUp(StoreSettings store, Path to, SqliteCopies.Progress progress) {
        Path path = file(store, "back it up with pg_dump or by archiving its log");
        try {
            long bytes = SqliteCopies.backUp(path, to, InstantSource.system(), progress);
            remember(store, "backup-made", to.toString());
            return bytes;
        } catch (StoreUnavailable e) {
            throw Failure.failed("holdfast: " + e.getMessage());
        }
    }

    /**
     * Restores the store, as {@link SqliteCopies#restore} says, and has its windows begin.
     *
     * @return where the store is that was there, or null
     * @throws Failure if it is none on SQLite, or cannot be restored
     */
    public static @Nullable Path restore(
            Settings settings,
            InputStream backup,
            long bytes,
            boolean force,
            SqliteCopies.Progress progress) {
        StoreSettings store = settings.store();
        Path path =
                file(
                        store,
                        "restore it with its own tools while no gateway runs, and start one when"
                                + " the longest window of your quotas has passed since the last"
                                + " one stopped (docs/operations.md)");
        try {
            Path aside =
                    SqliteCopies.restore(
                            backup, bytes, path, force, InstantSource.system(), progress);
            SqliteStore.open(path, Policies.store(settings)).close();
            remember(store, "restored", path.toString());
            return aside;
        } catch (StoreUnavailable e) {
            throw Failure.failed("holdfast: " + e.getMessage());
        }
    }

    private static void remember(StoreSettings store, String what, String target) {
        withClients(
                store,
                clients -> {
                    clients.remember(new NewAct(Clients.COMMAND_LINE, what, target));
                    return true;
                });
    }

    private static Path file(StoreSettings store, String instead) {
        if (!store.sqlite()) {
            throw Failure.failed("holdfast: the store is a PostgreSQL database: " + instead);
        }
        return Path.of(store.sqlitePath());
    }

    /** Whether the store is there and knows a client with a key. */
    public static boolean hasClients(StoreSettings store) {
        if (store.sqlite() && !Files.exists(Path.of(store.sqlitePath()))) {
            return false;
        }
        return withClients(store, Clients::anyKey);
    }
}
