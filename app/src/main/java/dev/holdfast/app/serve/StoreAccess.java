package dev.holdfast.app.serve;

import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.store.Clients;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.postgresql.PostgresClients;
import dev.holdfast.store.sqlite.SqliteClients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

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

    /** Whether the store is there and knows a client with a key. */
    public static boolean hasClients(StoreSettings store) {
        if (store.sqlite() && !Files.exists(Path.of(store.sqlitePath()))) {
            return false;
        }
        return withClients(
                store, clients -> clients.list().stream().anyMatch(Clients.ClientRecord::keyed));
    }
}
