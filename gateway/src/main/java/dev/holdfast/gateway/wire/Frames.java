package dev.holdfast.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;

/**
 * Counts what a WebSocket has sent of frames and messages that are not whole (RFC 6455, 5.2 and
 * 5.4). Belongs to its connection's event loop.
 */
public final class Frames {
    /** A frame's two bytes and its mask. */
    private static final int HEADER_BYTES = 6;

    /** Largest payload whose length is in these two bytes, and in two more. */
    private static final int SHORT_BYTES = 125;

    private static final int MIDDLE_BYTES = (1 << 16) - 1;

    private final Line line;

    /** Bytes that came, of which no frame was made yet. */
    private long partial;

    /** Of the frames of a message whose last one did not come. */
    private long fragments;

    private Frames(Line line) {
        this.line = line;
    }

    /**
     * Counts from now on; on the event loop of a request that is about to become a WebSocket.
     *
     * @param decoder name of the handler that reads what comes
     * @param last name of the handler that gets the frames
     */
    public static void count(Channel channel, String decoder, String last) {
        var frames = new Frames(Line.of(channel));
        channel.pipeline()
                .addBefore(decoder, null, frames.bytes())
                .addBefore(last, null, frames.made());
    }

    private ChannelHandler bytes() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof ByteBuf bytes) {
                    partial += bytes.readableBytes();
                    line.unread(partial + fragments);
                }
                context.fireChannelRead(message);
            }
        };
    }

    private ChannelHandler made() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof WebSocketFrame frame) {
                    count(frame);
                }
                context.fireChannelRead(message);
            }
        };
    }

    private void count(WebSocketFrame frame) {
        int payload = frame.content().readableBytes();
        partial -= header(payload) + payload;
        if (!(frame instanceof PingWebSocketFrame) && !(frame instanceof PongWebSocketFrame)) {
            fragments = frame.isFinalFragment() ? 0 : fragments + payload;
        }
        line.unread(partial + fragments);
    }

    private static int header(int payload) {
        if (payload <= SHORT_BYTES) {
            return HEADER_BYTES;
        }
        return payload <= MIDDLE_BYTES ? HEADER_BYTES + 2 : HEADER_BYTES + 8;
    }
}
