package dev.holdfast.gateway;

import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The open connections. Safe for use by many threads. */
final class Peers {
    /** Connections open at once; one more is closed. */
    static final int MAX_CONNECTIONS = 25_000;

    /** Time for the next request to come in whole, after which its connection is closed. */
    static final Duration MAX_IDLE = Duration.ofSeconds(75);

    private final Map<HttpConnection, Peer> peers = new ConcurrentHashMap<>();

    void connected(HttpConnection connection) {
        if (peers.size() >= MAX_CONNECTIONS) {
            connection.close();
            return;
        }
        peers.put(connection, new Peer(connection));
        connection.closeHandler(_ -> peers.remove(connection));
    }

    Peer of(HttpConnection connection) {
        Peer peer = peers.get(connection);
        // Its connection is closing; the request in hand is answered into the void.
        return peer == null ? new Peer(connection) : peer;
    }

    int count() {
        return peers.size();
    }

    void sweep() {
        long now = System.nanoTime();
        peers.values().forEach(peer -> peer.closeIfIdle(now, MAX_IDLE.toNanos()));
    }
}
