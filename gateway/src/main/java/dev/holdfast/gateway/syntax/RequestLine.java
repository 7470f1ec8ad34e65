package dev.holdfast.gateway.syntax;

import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * The first line of a request (RFC 9112, section 3): three words with one space between them.
 *
 * @param target origin, absolute, authority or asterisk form, as the method wants it
 * @param authority of a target in absolute form, else empty
 * @param scheme of a target in absolute form, else empty
 */
record RequestLine(
        String method, String target, HttpVersion version, String authority, String scheme) {
    private static final int VERSION_BYTES = "HTTP/1.1".length();

    /**
     * @throws Malformed if it is no such line
     * @throws UnknownVersion if it is, but of another version of HTTP
     */
    static RequestLine of(byte[] line, int length) {
        int method = 0;
        while (method < length && Octets.isToken(line[method])) {
            method++;
        }
        if (method == 0 || method == length || line[method] != ' ') {
            throw malformed();
        }
        int target = method + 1;
        while (target < length && Octets.isTarget(line[target])) {
            target++;
        }
        if (target == method + 1 || length - target != 1 + VERSION_BYTES || line[target] != ' ') {
            throw malformed();
        }
        HttpVersion version = version(line, target + 1);
        return of(
                new String(line, 0, method, StandardCharsets.ISO_8859_1),
                new String(line, method + 1, target - method - 1, StandardCharsets.ISO_8859_1),
                version);
    }

    private static HttpVersion version(byte[] line, int start) {
        int major = line[start + 5];
        int minor = line[start + 7];
        if (line[start] != 'H'
                || line[start + 1] != 'T'
                || line[start + 2] != 'T'
                || line[start + 3] != 'P'
                || line[start + 4] != '/'
                || line[start + 6] != '.'
                || !Octets.isDigit(major)
                || !Octets.isDigit(minor)) {
            throw malformed();
        }
        if (major != '1' || minor > '1') {
            throw new UnknownVersion();
        }
        return minor == '1' ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0;
    }

    private static RequestLine of(String method, String target, HttpVersion version) {
        if (method.equals("CONNECT")) {
            if (!Authority.isWithPort(target)) {
                throw target("is not the host:port that CONNECT wants");
            }
            return new RequestLine(method, target, version, "", "");
        }
        if (target.charAt(0) == '/' || (target.equals("*") && method.equals("OPTIONS"))) {
            return new RequestLine(method, target, version, "", "");
        }
        int colon = target.indexOf("://");
        String scheme = colon < 0 ? "" : target.substring(0, colon);
        if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
            throw target("is neither a path nor an http or https URL");
        }
        int begin = colon + 3;
        int end = begin;
        while (end < target.length() && "/?".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        String authority = target.substring(begin, end);
        if (authority.isEmpty() || !Authority.isValid(authority)) {
            throw target("names no host");
        }
        return new RequestLine(method, target, version, authority, scheme);
    }

    private static Malformed malformed() {
        return new Malformed("request", "is not well-formed HTTP/1.1");
    }

    private static Malformed target(String detail) {
        return new Malformed("request", "is not well-formed HTTP/1.1: its target " + detail);
    }
}
