package dev.holdfast.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * Counts what TLS keeps of what a connection has sent: all of a handshake that goes on, and after
 * it a record that is not whole (RFC 8446, section 5.1), of which nothing can be read before its
 * end. Belongs to its connection's event loop.
 */
final class TlsParts {
    private static final int HEAD_BYTES = 5;
    private static final int AT_LENGTH = 3;

    private final SslHandler tls;
    private boolean through;
    private long handshake;

    /** Bytes of the record's head that came, and how many follow them. */
    private int head;

    private int left;

    /** Bytes of this record that came. */
    private long partial;

    private TlsParts(SslHandler tls) {
        this.tls = tls;
    }

    /** Null if this connection has no TLS. */
    static @Nullable TlsParts of(ChannelPipeline pipeline) {
        SslHandler tls = pipeline.get(SslHandler.class);
        return tls == null ? null : new TlsParts(tls);
    }

    /**
     * These came.
     *
     * @return what is kept now of all that came, in bytes
     */
    long came(ByteBuf bytes) {
        read(bytes);
        through = through || tls.handshakeFuture().isSuccess();
        handshake += bytes.readableBytes();
        return through ? partial : handshake;
    }

    private void read(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (head < HEAD_BYTES) {
                int octet = bytes.getByte(at++) & 0xff;
                left = head < AT_LENGTH ? 0 : left << 8 | octet;
                head++;
                partial++;
            }
            int step = head < HEAD_BYTES ? 0 : Math.min(left, end - at);
            at += step;
            left -= step;
            partial += step;
            if (head == HEAD_BYTES && left == 0) {
                head = 0;
                partial = 0;
            }
        }
    }
}
