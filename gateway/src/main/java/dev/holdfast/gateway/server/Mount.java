package dev.holdfast.gateway.server;

import dev.holdfast.engine.AskedPath;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;

/**
 * A place in the gateway's paths that somebody else answers: the console, the converter. Its
 * requests are let in by the gateway, and carry X-Request-Id already; the handler runs on the
 * connection's event loop and may turn the request into a WebSocket.
 *
 * @param path {@code /console} answers for itself and all below, where {@code below} is set
 * @param below whether paths below it belong to it too
 * @param access who may come in
 * @param handler answers; leaves the response's end handler to the gateway
 * @param problems kinds of problems that only the handler has
 */
public record Mount(
        String path, boolean below, Access access, Handler handler, List<Problem> problems) {
    /** Answers what is asked at a mount. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Answers one request.
         *
         * @param asked where it was asked, and what links to there begin with
         */
        void handle(HttpServerRequest request, AskedPath asked);
    }

    /**
     * A kind of problem that only its handler answers with, explained like all the others.
     *
     * @param slug the last segment of its type
     * @param status its HTTP status
     * @param title what it says, without the final stop
     */
    public record Problem(String slug, int status, String title) {}

    /** One without problems of its own. */
    public Mount(String path, boolean below, Access access, Handler handler) {
        this(path, below, access, handler, List.of());
    }

    /** Who may come in. */
    public enum Access {
        /** Anybody under any name: it tells no more than that something is here. */
        PROBE,
        /** Without a key. */
        ANYBODY,
        /** With any client's key. */
        CLIENT,
        /** With an admin client's key. */
        ADMIN;

        /** Whether only callers with a key come in. */
        boolean byKey() {
            return this == CLIENT || this == ADMIN;
        }
    }

    public Mount {
        problems = List.copyOf(problems);
        if (!path.startsWith("/") || path.endsWith("/")) {
            throw new IllegalArgumentException("a mount's path is like /console, not " + path);
        }
    }

    boolean covers(String requested) {
        return requested.equals(path) || (below && requested.startsWith(path + "/"));
    }
}
