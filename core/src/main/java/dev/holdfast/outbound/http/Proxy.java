package dev.holdfast.outbound.http;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A forward proxy: https goes through a tunnel (CONNECT), http as whole URLs.
 *
 * @param host its name or address, an IPv6 one without brackets
 * @param port 1 to 65535
 * @param user for Basic authentication, or null
 * @param password with {@code user}; a secret
 */
public record Proxy(String host, int port, @Nullable String user, @Nullable String password) {

    /** The value of Proxy-Authorization, or null. */
    @Nullable String authorization() {
        if (user == null) {
            return null;
        }
        String pair = user + ":" + (password == null ? "" : password);
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
