package dev.holdfast.gateway.server;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages off a gateway that asks for no key. It listens on loopback, where a browser of
 * this machine reaches it too: a page could have it called from its own site (CSRF), or give its
 * own name this machine's address and read the answers as well (DNS rebinding). A browser cannot
 * help saying so, in {@code Host}, {@code Origin} and {@code Sec-Fetch-Site} (Fetch Metadata).
 */
public final class WebPages {
    private static final CharSequence SEC_FETCH_SITE =
            HttpHeaders.createOptimized("sec-fetch-site");

    private static final String FORWARDED = "x-forwarded-";

    private final String host;

    /**
     * @param host the name or address that is listened on, which callers may use
     */
    public WebPages(String host) {
        this.host = host;
    }

    /**
     * Whether the request came under a name of this machine; programs of HTTP/1.0 may send none.
     */
    boolean isForUs(HttpServerRequest request, Peer peer) {
        String given = authority(request);
        if (given == null || peer.isKnownHost(given)) {
            return true;
        }
        boolean ours = isOurs(nameOf(given));
        if (ours) {
            peer.knownHost(given);
        }
        return ours;
    }

    /** Whether something stands between, which others may reach though they do not reach us. */
    static boolean isForwarded(HttpServerRequest request) {
        for (var header : request.headers()) {
            String name = header.getKey();
            if (name.equalsIgnoreCase("forwarded")
                    || name.equalsIgnoreCase("via")
                    || name.regionMatches(true, 0, FORWARDED, 0, FORWARDED.length())
                    || name.equalsIgnoreCase("x-real-ip")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a page of another site, or of another port of this machine, has it sent. */
    boolean isFromElsewhere(HttpServerRequest request) {
        String site = request.headers().get(SEC_FETCH_SITE);
        if (site != null) {
            return !site.equals("same-origin") && !site.equals("none");
        }
        String origin = request.headers().get(HttpHeaders.ORIGIN);
        if (origin == null) {
            return false;
        }
        int scheme = origin.indexOf("://");
        return scheme < 0 || !origin.substring(scheme + 3).equalsIgnoreCase(authority(request));
    }

    private static @Nullable String authority(HttpServerRequest request) {
        String header = request.headers().get(HttpHeaders.HOST);
        return header != null || request.authority() == null
                ? header
                : request.authority().toString();
    }

    private boolean isOurs(String name) {
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.matches("127(\\.[0-9]{1,3}){3}")
                || name.equals("[::1]")
                || name.equals(host.toLowerCase(Locale.ROOT));
    }

    /** The authority without its port, in lower case. */
    private static String nameOf(String authority) {
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        String name = end <= 0 ? authority : authority.substring(0, end);
        return name.toLowerCase(Locale.ROOT);
    }
}
