package dev.holdfast.gateway.syntax;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;

/**
 * What of a request's headers says whom it is for and where it ends (RFC 9112, sections 3.2, 6.1
 * and 6.3), noted as they are read.
 */
final class Framing {
    /** Instead of a length: the body comes in chunks. */
    static final long CHUNKED = -1;

    /** More would not fit a number; a body that long is refused anyway. */
    private static final int MAX_LENGTH_DIGITS = 18;

    private int hosts;
    private String host = "";
    private int lengths;
    private String length = "";
    private int encodings;
    private String encoding = "";

    /** Forgets the request before. */
    void reset() {
        hosts = 0;
        lengths = 0;
        encodings = 0;
        host = "";
    }

    void note(AsciiString name, String value) {
        switch (name.length()) {
            case 4 -> {
                if (HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)) {
                    hosts++;
                    host = value;
                }
            }
            case 14 -> {
                if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
                    lengths++;
                    length = value;
                }
            }
            case 17 -> {
                if (HttpHeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(name)) {
                    encodings++;
                    encoding = value;
                }
            }
            default -> {}
        }
    }

    /**
     * Bytes of the body, 0 if there is none, or {@link #CHUNKED}.
     *
     * @throws Malformed if that is in doubt, or whom the request is for
     */
    long body(RequestLine line) {
        boolean old = line.version().equals(HttpVersion.HTTP_1_0);
        checkHost(line, old);
        if (encodings > 0) {
            checkEncoding(old);
            return CHUNKED;
        }
        return lengths == 0 ? 0 : length();
    }

    private void checkHost(RequestLine line, boolean old) {
        if (hosts != 1 && !(old && hosts == 0)) {
            throw new Malformed("Host", "send one, not " + hosts);
        }
        if (!Authority.isValid(host)) {
            throw new Malformed("Host", "is not a host's name or address with or without a port");
        }
        if (hosts > 0
                && !line.authority().isEmpty()
                && !Authority.isSame(host, line.authority(), line.scheme())) {
            throw new Malformed("Host", "is not the host of the request's URL; send the same");
        }
    }

    private void checkEncoding(boolean old) {
        if (encodings > 1 || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(encoding) || old) {
            throw new Malformed(
                    "Transfer-Encoding", "may only be chunked, said once, and in HTTP/1.1");
        }
        if (lengths > 0) {
            throw new Malformed(
                    "Transfer-Encoding", "send either it or a Content-Length, not both");
        }
    }

    private long length() {
        if (lengths > 1 || length.isEmpty() || length.length() > MAX_LENGTH_DIGITS) {
            throw noLength();
        }
        long bytes = 0;
        for (int i = 0; i < length.length(); i++) {
            if (!Octets.isDigit(length.charAt(i))) {
                throw noLength();
            }
            bytes = 10 * bytes + length.charAt(i) - '0';
        }
        return bytes;
    }

    private static Malformed noLength() {
        return new Malformed(
                "Content-Length", "may only be a number of bytes in decimal digits, said once");
    }
}
