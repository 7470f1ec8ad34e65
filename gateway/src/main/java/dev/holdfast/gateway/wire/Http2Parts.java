package dev.holdfast.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;

/**
 * Counts and dates what an HTTP/2 connection has sent of a frame, or of a request's head in several
 * frames, that is not whole (RFC 9113, sections 4.1 and 6.10): the codec keeps it, and tells nobody
 * before its end. Reads along between TLS and HTTP/2 and changes nothing. Belongs to its
 * connection's event loop.
 */
final class Http2Parts extends ChannelInboundHandlerAdapter {
    /** The client's preface (RFC 9113, section 3.4), in bytes. */
    private static final int PREFACE_BYTES = 24;

    private static final int HEAD_BYTES = 9;
    private static final int AT_TYPE = 3;
    private static final int AT_FLAGS = 4;
    private static final int HEADERS = 1;
    private static final int CONTINUATION = 9;
    private static final int END_HEADERS = 4;

    private final Told told;
    private final SslHandler tls;
    private boolean chosen;

    /** Bytes of the frame's head that came, and what it says. */
    private int head = HEAD_BYTES;

    private int left = PREFACE_BYTES;
    private int type;
    private int flags;

    /** Bytes of this frame that came, and of the frames before it that are one head with it. */
    private long partial;

    private long block;

    /** Told after each piece of bytes. */
    @FunctionalInterface
    interface Told {
        /**
         * What came so far.
         *
         * @param bytes of a frame or a head that is not whole
         * @param ended whether one became whole
         */
        void partly(long bytes, boolean ended);
    }

    private Http2Parts(Told told, SslHandler tls) {
        this.told = told;
        this.tls = tls;
    }

    /** Reads along from the first byte on if there is TLS: HTTP/2 is agreed on there alone. */
    static void readAlong(ChannelPipeline pipeline, Told told) {
        SslHandler tls = pipeline.get(SslHandler.class);
        if (tls != null) {
            pipeline.addAfter(pipeline.context(tls).name(), null, new Http2Parts(told, tls));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!chosen) {
            // TLS is through as soon as something is read of it.
            chosen = true;
            if (!"h2".equals(tls.applicationProtocol())) {
                context.pipeline().remove(this);
                context.fireChannelRead(message);
                return;
            }
        }
        boolean ended = message instanceof ByteBuf bytes && read(bytes);
        context.fireChannelRead(message);
        told.partly(partial + block, ended);
    }

    /** Whether a frame or a head became whole. */
    private boolean read(ByteBuf bytes) {
        boolean ended = false;
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (head < HEAD_BYTES) {
                head(bytes.getByte(at++) & 0xff);
            }
            int step = Math.min(left, end - at);
            if (head == HEAD_BYTES) {
                at += step;
                left -= step;
                partial += step;
                if (left == 0) {
                    ended |= frameCame();
                }
            }
        }
        return ended;
    }

    private void head(int octet) {
        if (head < AT_TYPE) {
            left = left << 8 | octet;
        } else if (head == AT_TYPE) {
            type = octet;
        } else if (head == AT_FLAGS) {
            flags = octet;
        }
        head++;
        partial++;
    }

    /** Whether it was not a part of a head that goes on. */
    private boolean frameCame() {
        boolean goesOn = (type == HEADERS || type == CONTINUATION) && (flags & END_HEADERS) == 0;
        block = goesOn ? block + partial : 0;
        partial = 0;
        head = 0;
        return !goesOn;
    }
}
