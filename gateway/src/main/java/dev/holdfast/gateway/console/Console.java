package dev.holdfast.gateway.console;

import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Endpoint.Access;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A page for the person who runs Holdfast (decision 14): slots, backlog, requests, webhooks,
 * converter. The page is for anybody; what it shows needs an admin client's key, which it keeps in
 * the browser's tab and sends as Authorization, never in a URL.
 */
public final class Console {
    /** Where the page is. */
    public static final String PATH = "/console";

    /** Where the stream is that keeps it live. */
    static final String LIVE_PATH = PATH + "/api/live";

    /** Threads that look into the store: one for the stream, one for who comes. */
    private static final int READERS = 2;

    private final ExecutorService readers =
            Executors.newFixedThreadPool(
                    READERS,
                    Thread.ofPlatform().name("holdfast-console-", 0).daemon(true).factory());
    private final Pages pages;
    private final Live live;

    /**
     * A console that has not begun.
     *
     * @param converter what it shows of the converter, or null where there is none
     * @param version what runs here, for people
     */
    public Console(Vertx vertx, Engine engine, @Nullable ConverterView converter, String version) {
        pages = new Pages(readers);
        live = new Live(vertx, engine, readers, converter, version);
    }

    /**
     * Its paths.
     *
     * @param registry where their answer times are counted
     */
    public List<Endpoint> endpoints(MeterRegistry registry) {
        return List.of(
                endpoint(LIVE_PATH, Access.ADMIN, (exchange, _) -> live.open(exchange), registry),
                endpoint(
                        PATH,
                        Access.ANYBODY,
                        (exchange, _) -> pages.send(exchange, Pages.PAGE),
                        registry),
                endpoint(
                        PATH + "/{+file}",
                        Access.ANYBODY,
                        (exchange, file) -> pages.send(exchange, file.getFirst()),
                        registry));
    }

    private static Endpoint endpoint(
            String template, Access access, Endpoint.Action get, MeterRegistry registry) {
        return new Endpoint(template, access, Map.of(HttpMethod.GET, get), registry);
    }

    /** Begins to watch. */
    public void start() {
        live.start();
    }

    /** Ends all streams. */
    public CompletionStage<Void> stop() {
        return live.stop().whenComplete((_, _) -> readers.shutdown());
    }
}
