package dev.holdfast.gateway.console;

import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.server.Mount;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.util.List;
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

    private final ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor();
    private final Pages pages;
    private final Live live;

    /**
     * A console that has not begun.
     *
     * @param converter what it shows of the converter, or null where there is none
     * @param version what runs here, for people
     */
    public Console(Vertx vertx, Engine engine, @Nullable ConverterView converter, String version) {
        pages = new Pages(vertx, readers);
        live = new Live(vertx, engine, readers, converter, version);
    }

    /** What the gateway is to mount. */
    public List<Mount> mounts() {
        return List.of(
                new Mount(
                        LIVE_PATH,
                        false,
                        Mount.Access.ADMIN,
                        (request, asked) -> {
                            if (request.method().equals(HttpMethod.GET)) {
                                live.open(request, asked);
                            } else {
                                Refusal.NOT_ALLOWED.write(request, asked.base());
                            }
                        }),
                new Mount(PATH, true, Mount.Access.ANYBODY, pages::handle));
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
