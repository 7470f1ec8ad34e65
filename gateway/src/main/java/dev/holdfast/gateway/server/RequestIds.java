package dev.holdfast.gateway.server;

import dev.holdfast.http.Headers;
import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names each HTTP request, for callers' and our logs: the caller's own name for it, or a new one.
 */
final class RequestIds {
    /** Longest name that is taken over from a caller, in characters. */
    static final int MAX_CHARS = 128;

    private static final int PREFIX_BYTES = 5;

    private final String prefix;
    private final AtomicLong next = new AtomicLong();

    RequestIds() {
        byte[] bytes = new byte[PREFIX_BYTES];
        new SecureRandom().nextBytes(bytes);
        prefix = HexFormat.of().formatHex(bytes) + "-";
    }

    String of(HttpServerRequest request) {
        String given = request.headers().get(Headers.REQUEST_ID);
        return given != null && isName(given)
                ? given
                : prefix + Long.toHexString(next.incrementAndGet());
    }

    private static boolean isName(String given) {
        if (given.isEmpty() || given.length() > MAX_CHARS) {
            return false;
        }
        for (int i = 0; i < given.length(); i++) {
            char c = given.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }
}
