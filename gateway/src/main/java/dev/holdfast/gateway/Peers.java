package dev.holdfast.gateway;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The open connections. Safe for use by many threads. */
final class Peers {
    /** What Vert.x calls the handler that reads requests of HTTP/1. */
    private static final String DECODER = "httpDecoder";

    private final ListenerLimits limits;
    private final Map<HttpConnection, Peer> peers = new ConcurrentHashMap<>();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong slow = new AtomicLong();

    Peers(ListenerLimits limits) {
        this.limits = limits;
    }

    /** A connection was opened to a server of these {@code options}. */
    void connected(HttpConnection connection, HttpServerOptions options) {
        if (peers.size() >= limits.connections()) {
            refused.incrementAndGet();
            connection.close();
            return;
        }
        Peer peer = new Peer(connection);
        peers.put(connection, peer);
        connection.closeHandler(_ -> peers.remove(connection));
        if (connection instanceof Http1xServerConnection http1) {
            http1.channelHandlerContext()
                    .pipeline()
                    .replace(DECODER, DECODER, new RequestDecoder(options, http1, peer));
        }
    }

    Peer of(HttpConnection connection) {
        Peer peer = peers.get(connection);
        // Its connection is closing; the request in hand is answered into the void.
        return peer == null ? new Peer(connection) : peer;
    }

    int count() {
        return peers.size();
    }

    /** Connections that were closed at once, one over the limit each. */
    long refused() {
        return refused.get();
    }

    /** Connections that were closed since a request's head took too long. */
    long slow() {
        return slow.get();
    }

    void sweep() {
        long now = System.nanoTime();
        for (Peer peer : peers.values()) {
            if (peer.isSlow(now, limits)) {
                slow.incrementAndGet();
                peer.close();
            } else if (peer.isIdle(now, limits)) {
                peer.close();
            }
        }
    }
}
