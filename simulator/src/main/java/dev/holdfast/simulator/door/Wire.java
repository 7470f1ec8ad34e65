package dev.holdfast.simulator.door;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.charset.StandardCharsets;

/**
 * The TCP connection below HTTP. Vert.x offers no reset and no bytes beside the protocol, which are
 * just what a fault needs, so this one class reaches for the channel underneath.
 */
public final class Wire {
    private static final byte[] NOT_HTTP =
            "\u0000\u0007 this is not HTTP \u00ff\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private final Channel channel;

    public Wire(HttpConnection connection) {
        this.channel = ((ConnectionBase) connection).channel();
    }

    /** Ends the connection with a TCP RST: the peer's next read or write fails. */
    public void reset() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        end();
    }

    /** Sends bytes that no HTTP parser takes, past the encoder, and ends the connection. */
    void garbage() {
        var bytes = Unpooled.wrappedBuffer(NOT_HTTP);
        var _ = channel.pipeline().firstContext().writeAndFlush(bytes).addListener(_ -> end());
    }

    /** From the first handler outwards, so that nobody takes leave first (a WebSocket would). */
    private void end() {
        var _ = channel.pipeline().firstContext().close();
    }

    /** Reads nothing more: for the peer the connection is open, and nobody is there. */
    public void deafen() {
        channel.config().setAutoRead(false);
    }
}
