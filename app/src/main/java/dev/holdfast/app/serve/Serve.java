package dev.holdfast.app.serve;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.store.StoreUnavailable;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The composition root: puts store, engine, upstreams, webhooks, gateway and converter together
 * from the settings, starts them and stops them again, the last one first.
 */
public final class Serve implements AutoCloseable {
    private final Settings settings;
    private final boolean converting;
    private final Shutdown end = new Shutdown();
    private int port;
    private @Nullable Reload reload;
    private @Nullable ComparedPage compared;

    private Serve(Settings settings, boolean converting) {
        this.settings = settings;
        this.converting = converting;
    }

    /**
     * Starts everything; blocks until it listens.
     *
     * @throws Failure if something cannot start; what had started is stopped again
     */
    public static Serve start(Settings settings) {
        return start(settings, EventLoops.opening());
    }

    /** As {@link #start(Settings)}, on these loops; they are closed with the rest. */
    public static Serve start(Settings settings, EventLoops loops) {
        return start(settings, loops, settings.rates().feed() != null);
    }

    /**
     * As {@link #start(Settings)}, with the converter alone: no routes, no upstreams but the rates
     * API.
     */
    public static Serve startConverter(Settings settings) {
        var alone =
                new Settings(
                        settings.server(),
                        settings.store(),
                        settings.clients(),
                        Map.of(),
                        List.of(),
                        settings.webhooks(),
                        settings.rates(),
                        settings.logging(),
                        settings.tracing());
        return start(alone, EventLoops.opening(), true);
    }

    private static Serve start(Settings settings, EventLoops loops, boolean converting) {
        var serve = new Serve(settings, converting);
        try {
            serve.open(loops);
            return serve;
        } catch (StoreUnavailable e) {
            serve.close();
            throw Failure.failed(
                    "holdfast: cannot use the store "
                            + shown(settings.store())
                            + ": "
                            + e.getMessage());
        } catch (IllegalArgumentException e) {
            serve.close();
            throw Failure.usage("holdfast: " + e.getMessage());
        } catch (RuntimeException e) {
            serve.close();
            throw e;
        }
    }

    private void open(EventLoops loops) {
        StoreStage store = StoreStage.open(settings, loops, end);
        EngineStage engine = EngineStage.open(settings, store, converting, end);
        GatewayStage gateway = GatewayStage.open(settings, store, engine, end);
        port = gateway.port();
        reload = new Reload(store, engine, gateway.gateway());
        compared = gateway.compared();
    }

    /**
     * Has other settings in force from now on; blocks until they are. What only a start takes is
     * left to whoever calls: it is as it was.
     *
     * @param source where they come from, for people
     * @throws Failure if they cannot be in force, with all that is wrong; nothing has changed then
     */
    public synchronized void reload(Settings next, String source) {
        if (reload != null) {
            reload.to(next, source);
        }
    }

    /**
     * Says which configuration is in force, for whoever compares another with it.
     *
     * @param source where it comes from, for people
     */
    public void compareWith(Configuration configuration, String source) {
        if (compared != null) {
            compared.show(configuration, source);
        }
    }

    /** Where it listens. */
    public URI uri() {
        String host = settings.server().host();
        String shown = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
        return URI.create(
                (settings.server().listen().tls() == null ? "http://" : "https://")
                        + (shown.contains(":") ? "[" + shown + "]" : shown)
                        + ":"
                        + port);
    }

    /** The store without its secrets, for messages. */
    static String shown(StoreSettings store) {
        return store.sqlite() ? store.sqlitePath() : "at store.url";
    }

    /** Stops everything in order: no new asks, calls under way end, all is on disk. */
    @Override
    public synchronized void close() {
        end.close();
    }
}
