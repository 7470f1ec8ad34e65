package dev.holdfast.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import org.jspecify.annotations.Nullable;

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

    /** Whether all that came of a message is empty, and whether it is text. */
    private boolean emptyStart;

    private boolean text;

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
                .addBefore(last, null, frames.made())
                // Text that is no UTF-8 ends its connection (RFC 6455, section 8.1).
                .addBefore(last, null, new Utf8FrameValidator());
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
                if (!(message instanceof WebSocketFrame frame)) {
                    context.fireChannelRead(message);
                    return;
                }
                count(frame);
                WebSocketFrame next = withoutEmptyStart(frame);
                if (next != null) {
                    context.fireChannelRead(next);
                }
            }
        };
    }

    /**
     * A message begins with its first frame that says something, or ends with none: Vert.x 5.0
     * loses one whose first frame is empty and not the last.
     *
     * @return null if it waits for what follows
     */
    private @Nullable WebSocketFrame withoutEmptyStart(WebSocketFrame frame) {
        boolean begins =
                frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
        if (!begins && (!emptyStart || !(frame instanceof ContinuationWebSocketFrame))) {
            return frame;
        }
        emptyStart = !frame.isFinalFragment() && !frame.content().isReadable();
        text = begins ? frame instanceof TextWebSocketFrame : text;
        if (emptyStart) {
            frame.release();
            return null;
        }
        if (begins) {
            return frame;
        }
        boolean last = frame.isFinalFragment();
        return text
                ? new TextWebSocketFrame(last, frame.rsv(), frame.content())
                : new BinaryWebSocketFrame(last, frame.rsv(), frame.content());
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
