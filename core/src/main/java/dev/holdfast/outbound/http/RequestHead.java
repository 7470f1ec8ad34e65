package dev.holdfast.outbound.http;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** Writes a request (RFC 9112, section 3) in one piece, so that it leaves in one. */
final class RequestHead {
    /** What a name may have besides letters and digits (RFC 9110, section 5.6.2). */
    private static final String MARKS = "!#$%&'*+-.^_`|~";

    /** What is said here or not at all: it decides where the request ends. */
    private static final Set<String> OURS = Set.of("content-length", "transfer-encoding");

    private RequestHead() {}

    /**
     * The bytes of a request.
     *
     * @throws IllegalArgumentException for what would not be one header or one line
     */
    static Buffer write(Target target, RequestOptions request, Buffer body) {
        return write(target, request, body, body.length());
    }

    /**
     * The bytes of a request whose body follows, but for what is here.
     *
     * @param size of the whole body, in bytes
     * @throws IllegalArgumentException as above
     */
    static Buffer write(Target target, RequestOptions request, Buffer body, long size) {
        String path = request.getURI();
        if (path.isEmpty() || !only(path, c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("a blank or control character in the target");
        }
        StringBuilder head = new StringBuilder(512);
        head.append(request.getMethod().name()).append(' ');
        if (target.absolute()) {
            head.append("http://").append(target.authority());
        }
        head.append(path).append(" HTTP/1.1\r\n");
        MultiMap headers = request.getHeaders();
        if (headers == null || !headers.contains("host")) {
            put(head, "host", target.authority());
        }
        if (headers != null) {
            for (Map.Entry<String, String> header : headers) {
                if (!OURS.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                    put(head, header.getKey(), header.getValue());
                }
            }
        }
        Proxy proxy = target.proxy();
        String authorization = proxy == null || !target.absolute() ? null : proxy.authorization();
        if (authorization != null) {
            put(head, "proxy-authorization", authorization);
        }
        if (size > 0 || (headers != null && headers.contains("content-length"))) {
            put(head, "content-length", Long.toString(size));
        }
        head.append("\r\n");
        return Buffer.buffer(head.length() + body.length())
                .appendBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1))
                .appendBuffer(body);
    }

    private static void put(StringBuilder head, String name, String value) {
        boolean sendable =
                !name.isEmpty()
                        && only(name, RequestHead::isToken)
                        && only(value, c -> c == '\t' || (c >= ' ' && c != 0x7f));
        if (!sendable) {
            throw new IllegalArgumentException("a header that cannot be sent");
        }
        head.append(name).append(": ").append(value).append("\r\n");
    }

    private static boolean isToken(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || MARKS.indexOf(c) >= 0;
    }

    /** Whether a text has only such characters; a loop, since each header of each call is asked. */
    private static boolean only(String text, IntPredicate such) {
        for (int i = 0; i < text.length(); i++) {
            if (!such.test(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
