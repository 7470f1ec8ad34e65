package dev.holdfast.rates.feed;

import dev.holdfast.outbound.Authority;
import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.URI;

/**
 * Where the trade feed is and the way there.
 *
 * @param uri {@code ws} or {@code wss}; a user and password in it are sent as Basic authentication
 *     (RFC 7617) and shown nowhere
 * @param verifyTls whether the feed's certificate must be right
 * @param tls whom to trust and who we are
 * @param proxies which proxy the connection goes through, if any
 */
public record FeedAddress(URI uri, boolean verifyTls, OutboundTls tls, Proxies proxies) {
    private static final int WS = 80;
    private static final int WSS = 443;

    public FeedAddress {
        String scheme = uri.getScheme();
        if (scheme == null || !scheme.matches("(?i)wss?") || Authority.of(uri).isEmpty()) {
            throw new IllegalArgumentException("the feed's address must be ws://… or wss://…");
        }
    }

    private Authority authority() {
        return Authority.of(uri).orElseThrow();
    }

    WebSocketConnectOptions connect() {
        Authority authority = authority();
        boolean tls = uri.getScheme().equalsIgnoreCase("wss");
        int port = authority.portOr(tls ? WSS : WS);
        boolean six = authority.host().indexOf(':') >= 0;
        String path =
                uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        var options =
                new WebSocketConnectOptions()
                        .setHost(six ? "[" + authority.host() + "]" : authority.host())
                        .setPort(port)
                        .setSsl(tls)
                        .setURI(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
        if (authority.host().indexOf('_') >= 0) {
            // The handshake's own way to these two knows no such name.
            options.setAllowOriginHeader(false);
            options.addHeader("host", authority.shown());
        }
        String basic = authority.basic();
        if (basic != null) {
            options.addHeader("authorization", basic);
        }
        var proxy = proxies.of(tls, authority.host(), port);
        if (proxy != null) {
            options.setProxyOptions(
                    new ProxyOptions()
                            .setType(ProxyType.HTTP)
                            .setHost(proxy.host())
                            .setPort(proxy.port())
                            .setUsername(proxy.user())
                            .setPassword(proxy.password()));
        }
        return options;
    }

    /** Without path and query, which may hold a token, and without user and password. */
    String shown() {
        return uri.getScheme() + "://" + authority().shown();
    }

    /** As {@link #shown()}. */
    @Override
    public String toString() {
        return "FeedAddress[" + shown() + "]";
    }
}
