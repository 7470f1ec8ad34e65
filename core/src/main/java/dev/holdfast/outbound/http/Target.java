package dev.holdfast.outbound.http;

import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whom a connection leads to; what has another one is never sent on it.
 *
 * @param host name or address, an IPv6 one without brackets; for TLS the name that is proven
 * @param port 1 to 65535
 * @param tls whether TLS is spoken with it
 * @param server the address to connect to, where it was looked up already; or null
 * @param proxy what stands between, or null
 */
public record Target(
        String host, int port, boolean tls, @Nullable SocketAddress server, @Nullable Proxy proxy) {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    /** Where {@code request} goes. */
    public static Target of(
            RequestOptions request, @Nullable SocketAddress server, @Nullable Proxy proxy) {
        boolean tls = Boolean.TRUE.equals(request.isSsl());
        Integer port = request.getPort();
        return new Target(
                request.getHost(), port == null ? tls ? HTTPS : HTTP : port, tls, server, proxy);
    }

    /** Host and port as the Host header has them (RFC 9110, section 7.2). */
    String authority() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port == (tls ? HTTPS : HTTP) ? name : name + ":" + port;
    }

    /** Whether requests name their target whole, since a proxy reads them (RFC 9112, 3.2.2). */
    boolean absolute() {
        return proxy != null && !tls;
    }
}
