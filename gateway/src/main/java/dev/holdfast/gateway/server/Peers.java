package dev.holdfast.gateway.server;

import dev.holdfast.gateway.syntax.StrictFrames;
import dev.holdfast.gateway.wire.Frames;
import dev.holdfast.gateway.wire.Line;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** Finds the {@link Peer} of a connection. */
final class Peers {
    private static final AttributeKey<Peer> KEY = AttributeKey.valueOf(Peer.class, "peer");

    /** What Vert.x calls the handler that reads requests of HTTP/1, and the last one. */
    private static final String DECODER = "httpDecoder";

    private static final String LAST = "handler";

    private Peers() {}

    /** A connection speaks HTTP to a server of these {@code options}. */
    static void connected(HttpConnection connection, HttpServerOptions options) {
        if (connection instanceof Http1xServerConnection http1) {
            http1.channelHandlerContext()
                    .pipeline()
                    .replace(DECODER, DECODER, new RequestDecoder(options, http1, of(connection)));
        } else if (connection instanceof ConnectionBase other
                && other.channelHandlerContext().handler()
                        instanceof Http2ConnectionHandler http2) {
            StrictFrames.checkFrom(http2);
        }
    }

    /** A request of it is about to become a WebSocket. */
    static void upgrading(HttpConnection connection) {
        if (connection instanceof Http1xServerConnection http1) {
            Frames.count(http1.channel(), DECODER, LAST);
        }
    }

    static Peer of(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        Peer peer = channel.attr(KEY).get();
        if (peer == null) {
            peer = new Peer(Line.of(channel));
            channel.attr(KEY).set(peer);
        }
        return peer;
    }
}
