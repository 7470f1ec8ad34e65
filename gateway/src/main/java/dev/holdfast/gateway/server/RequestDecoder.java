package dev.holdfast.gateway.server;

import dev.holdfast.gateway.syntax.StrictDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one HTTP/1 connection's requests. It also tells a peer when a request begins, which Vert.x
 * tells only when its head is whole, and what is read of it; the next one is not read before all
 * are answered.
 */
final class RequestDecoder extends StrictDecoder {
    /** What a header takes beside its text, about, in bytes. */
    private static final int HEADER_COST_BYTES = 160;

    /** Requests of one connection after which others have their turn. */
    private static final int MAX_IN_TURN = 16;

    private final Http1xServerConnection connection;
    private final Peer peer;
    private @Nullable Throwable malformedBody;

    /** Requests whose head was read; the next one is read when all of them are answered. */
    private long asked;

    /** Whether the last of them is not read to its end. */
    private boolean inRequest;

    /** Requests that were read since its connection's turn began. */
    private int inTurn;

    /** Of a head that is not whole. */
    private int headBytes;

    private int headLines;

    RequestDecoder(HttpServerOptions options, Http1xServerConnection connection, Peer peer) {
        super(options, HeadLimits.MAX_HEADERS);
        this.connection = connection;
        this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        peer.line().bytesCame();
        inTurn = 0;
        super.channelRead(context, bytes);
        peer.line().unread(headBytes + headLines * HEADER_COST_BYTES + actualReadableBytes());
    }

    /** Called for each header as it is read. */
    @Override
    protected AsciiString splitHeaderName(byte[] bytes, int start, int length) {
        if (!inRequest) {
            headLines++;
        }
        return super.splitHeaderName(bytes, start, length);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out)
            throws Exception {
        if (!inRequest && asked > peer.line().answered()) {
            peer.line().holdBack(() -> goOn(context));
            return;
        }
        if (!inRequest && inTurn >= MAX_IN_TURN) {
            peer.line().letOthers(() -> goOn(context));
            return;
        }
        int before = bytes.readableBytes();
        super.decode(context, bytes, out);
        count(out, before - bytes.readableBytes());
        if (!out.isEmpty()
                && out.getLast() instanceof DefaultLastHttpContent part
                && part.decoderResult().isFailure()) {
            malformedBody = part.decoderResult().cause();
        }
    }

    private void count(List<Object> out, int read) {
        if (out.isEmpty() && !inRequest) {
            headBytes += read;
        }
        for (Object part : out) {
            if (part instanceof HttpMessage) {
                asked++;
                inTurn++;
                inRequest = true;
                headBytes = 0;
                headLines = 0;
            }
            if (part instanceof LastHttpContent) {
                inRequest = false;
            }
        }
    }

    /** All that was asked is answered: reads what came meanwhile. */
    private void goOn(ChannelHandlerContext context) {
        if (!context.isRemoved()) {
            try {
                channelRead(context, Unpooled.EMPTY_BUFFER);
                channelReadComplete(context); // what was answered meanwhile is sent now
            } catch (Exception e) {
                context.fireExceptionCaught(e);
            }
        }
    }

    /** What speaks here from now on reads for itself. */
    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        peer.line().unread(0);
        peer.line().readOn();
    }

    /**
     * Vert.x would close at once on a malformed body: its exchange is told instead, and has a
     * moment to answer.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause.equals(malformedBody)) {
            connection.handleException(cause);
            var _ =
                    context.executor()
                            .schedule(
                                    () -> peer.line().cut(),
                                    AnnouncedBody.LINGER_MILLIS,
                                    TimeUnit.MILLISECONDS);
        } else {
            super.exceptionCaught(context, cause);
        }
    }
}
