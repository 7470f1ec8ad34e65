package dev.holdfast.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one HTTP/1 connection's requests as Vert.x does, but refuses what two readers could take
 * for different requests (RFC 9112, sections 3.2, 6.1 and 6.3). It also tells a peer when a request
 * begins, which Vert.x tells only when its head is whole. After what it refused it reads nothing.
 */
final class RequestDecoder extends VertxHttpRequestDecoder {
    private final Http1xServerConnection connection;
    private final Peer peer;
    private @Nullable Malformed malformedBody;

    RequestDecoder(HttpServerOptions options, Http1xServerConnection connection, Peer peer) {
        super(options);
        this.connection = connection;
        this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        peer.bytesCame();
        super.channelRead(context, bytes);
    }

    /**
     * Called when a head is whole and its framing not yet acted on; what is thrown here makes it an
     * invalid request.
     */
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        HttpHeaders headers = message.headers();
        boolean old = message.protocolVersion().equals(HttpVersion.HTTP_1_0);
        int hosts = headers.getAll(HttpHeaderNames.HOST).size();
        if (hosts != 1 && !(old && hosts == 0)) {
            throw new Malformed("Host", "send one, not " + hosts);
        }
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            checkEncoding(headers, old);
        }
        return super.isContentAlwaysEmpty(message);
    }

    private static void checkEncoding(HttpHeaders headers, boolean old) {
        List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        boolean chunked =
                encodings.size() == 1
                        && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(encodings.getFirst());
        if (!chunked || old) {
            throw new Malformed(
                    "Transfer-Encoding", "may only be chunked, said once, and in HTTP/1.1");
        }
        if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            throw new Malformed(
                    "Transfer-Encoding", "send either it or a Content-Length, not both");
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out)
            throws Exception {
        super.decode(context, bytes, out);
        if (!out.isEmpty()
                && out.getLast() instanceof DefaultLastHttpContent part
                && part.decoderResult().isFailure()) {
            malformedBody = new Malformed("body", "is not well-formed chunks");
            part.setDecoderResult(DecoderResult.failure(malformedBody));
        }
    }

    /**
     * Vert.x would close at once on a malformed body: its exchange is told instead, and has a
     * moment to answer.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause == malformedBody) {
            connection.handleException(cause);
            var _ =
                    context.executor()
                            .schedule(peer::close, Exchange.LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            super.exceptionCaught(context, cause);
        }
    }
}
