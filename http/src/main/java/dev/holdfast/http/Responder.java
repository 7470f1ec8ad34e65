package dev.holdfast.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;

/**
 * A request that was let in, before a door that does not know the server behind it. On its
 * connection's event loop; the first answer counts.
 */
public interface Responder {
    HttpServerRequest request();

    void problem(Problem problem);

    void json(int status, Buffer body);

    /** Makes it a WebSocket instead of answering; fails if it did not ask for one rightly. */
    Future<ServerWebSocket> upgrade();
}
