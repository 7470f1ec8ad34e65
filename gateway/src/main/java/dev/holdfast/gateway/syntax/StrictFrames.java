package dev.holdfast.gateway.syntax;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each request of an HTTP/2 connection as it comes: one that HTTP/1 could not say, or that
 * names two hosts, is malformed and its stream is reset (RFC 9113, sections 8.1.1, 8.2.1 and 8.3).
 * What frames and the order of pseudo-header fields want is Netty's to check.
 */
public final class StrictFrames extends Http2FrameListenerDecorator {
    private StrictFrames(Http2FrameListener next) {
        super(next);
    }

    /** Has the connection of this handler checked from now on. */
    public static void checkFrom(Http2ConnectionHandler connection) {
        var decoder = connection.decoder();
        decoder.frameListener(new StrictFrames(decoder.frameListener()));
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int padding,
            boolean end)
            throws Http2Exception {
        check(stream, headers);
        super.onHeadersRead(context, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end)
            throws Http2Exception {
        check(stream, headers);
        super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, end);
    }

    private static void check(int stream, Http2Headers headers) throws Http2Exception {
        String mistake = mistake(headers);
        if (mistake != null) {
            throw Http2Exception.streamError(stream, Http2Error.PROTOCOL_ERROR, mistake);
        }
    }

    /** What is wrong with a request's headers or trailers, or null. */
    static @Nullable String mistake(Http2Headers headers) {
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            if (!isName(header.getKey())) {
                return "a header's name";
            }
            if (!isValue(header.getValue())) {
                return "a header's value";
            }
        }
        CharSequence method = headers.method();
        // Netty lets no request without a method pass: these are trailers.
        return method == null ? null : requestMistake(method, headers);
    }

    private static @Nullable String requestMistake(CharSequence method, Http2Headers headers) {
        if (method.isEmpty() || !isAll(method, Octets::isToken)) {
            return "the method";
        }
        CharSequence authority = headers.authority();
        if (!isAuthority(headers, authority)) {
            return "the authority";
        }
        if (AsciiString.contentEquals(method, "CONNECT")) {
            return headers.path() == null && headers.scheme() == null && authority != null
                    ? null
                    : "CONNECT";
        }
        CharSequence scheme = headers.scheme();
        boolean web =
                AsciiString.contentEqualsIgnoreCase(scheme, "https")
                        || AsciiString.contentEqualsIgnoreCase(scheme, "http");
        return web && isPath(method, headers.path()) ? null : "the path or the scheme";
    }

    /** Whether all that names a host names the same (RFC 9113, section 8.3.1). */
    private static boolean isAuthority(Http2Headers headers, @Nullable CharSequence authority) {
        List<CharSequence> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || headers.getAll(":authority").size() > 1) {
            return false;
        }
        if (hosts.isEmpty()) {
            return authority != null && isHost(authority);
        }
        CharSequence host = hosts.getFirst();
        return isHost(host)
                && (authority == null
                        || (isHost(authority)
                                && Authority.isSame(
                                        host.toString(),
                                        authority.toString(),
                                        String.valueOf(headers.scheme()))));
    }

    private static boolean isHost(CharSequence text) {
        return !text.isEmpty() && Authority.isValid(text.toString());
    }

    private static boolean isPath(CharSequence method, @Nullable CharSequence path) {
        if (path == null || path.isEmpty() || !isAll(path, Octets::isTarget)) {
            return false;
        }
        return path.charAt(0) == '/'
                || (AsciiString.contentEquals(path, "*")
                        && AsciiString.contentEquals(method, "OPTIONS"));
    }

    /**
     * Whether it is in lower case and a token, but for the colon of those that are none of HTTP/1.
     */
    private static boolean isName(CharSequence name) {
        boolean pseudo = !name.isEmpty() && name.charAt(0) == ':';
        CharSequence rest = pseudo ? name.subSequence(1, name.length()) : name;
        return !rest.isEmpty() && isAll(rest, c -> Octets.isToken(c) && !(c >= 'A' && c <= 'Z'));
    }

    private static boolean isValue(CharSequence value) {
        return isAll(value, Octets::isValue)
                && (value.isEmpty()
                        || (!Octets.isSpace(value.charAt(0))
                                && !Octets.isSpace(value.charAt(value.length() - 1))));
    }

    private interface Part {
        boolean has(int octet);
    }

    private static boolean isAll(CharSequence text, Part part) {
        for (int i = 0; i < text.length(); i++) {
            if (!part.has(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
