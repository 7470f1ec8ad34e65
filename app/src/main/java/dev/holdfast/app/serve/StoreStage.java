package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.PostgresStore;
import dev.holdfast.store.sqlite.SqliteStore;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** First: what is measured, what is kept, the loops, and who may call. */
record StoreStage(Observation seen, Store store, Vertx vertx, ConfiguredClients clients) {
    private static final Logger LOG = LoggerFactory.getLogger(StoreStage.class);

    /** What the client of an open gateway may have unfinished. */
    static final int OPEN_MAX_PENDING = 1_000_000;

    static StoreStage open(Settings settings, EventLoops loops, Shutdown end) {
        Observation seen;
        Store store;
        Vertx vertx;
        try {
            seen = new Observation(settings.tracing());
            end.push(seen::close);
            store = open(settings);
            end.push(store::close);
            OpenFiles.warn(settings.store());
        } finally {
            vertx = loops.await();
            end.push(() -> EventLoops.close(vertx));
        }
        var clients = new ConfiguredClients(store.clients(), settings.clients());
        clients.enter(OPEN_MAX_PENDING);
        if (clients.anyEver() && !clients.anyKey()) {
            LOG.warn(
                    "no client has a key any more, so that nobody may call: `holdfast keys create"
                            + " NAME --admin` makes one");
        }
        return new StoreStage(seen, store, vertx, clients);
    }

    private static Store open(Settings settings) {
        StoreSettings store = settings.store();
        return store.sqlite()
                ? SqliteStore.open(Path.of(store.sqlitePath()), Policies.store(settings))
                : PostgresStore.open(store.url(), Policies.store(settings));
    }
}
