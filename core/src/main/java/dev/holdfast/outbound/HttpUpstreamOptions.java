package dev.holdfast.outbound;

import dev.holdfast.outbound.auth.Auth;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How an upstream is reached: {@code upstreams} in the configuration.
 *
 * @param url http or https, with an optional path that every call's path is appended to
 * @param headers sent with every call; their values are secrets
 * @param auth who calls, where the headers do not say it
 * @param timeout for a whole call, from the wish for a connection to the answer's last byte; 1 ms
 *     to {@link #MAX_TIMEOUT}
 * @param verifyTls whether the upstream's certificate and its name are checked
 * @param tls whom to trust and who we are
 * @param concurrency calls at once, 1 to {@link #MAX_CONCURRENCY}
 * @param calls what each route sends, by the route's path
 * @param proxies which proxy the calls go through, if any
 * @param credentials headers by the name of the credential that a call leaves with; their values
 *     are secrets. Empty where all calls leave with the same
 * @param mostSent how many bytes a call's parameters, or the body that it passes on at once, have
 *     at most, at least 0
 */
public record HttpUpstreamOptions(
        URI url,
        Map<String, String> headers,
        Auth auth,
        Duration timeout,
        boolean verifyTls,
        OutboundTls tls,
        int concurrency,
        Map<String, HttpCallTemplate> calls,
        Proxies proxies,
        Map<String, Map<String, String>> credentials,
        int mostSent) {
    /** The timeout if none is configured. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** Longest timeout. */
    public static final Duration MAX_TIMEOUT = Duration.ofHours(1);

    /** Most calls at once. */
    public static final int MAX_CONCURRENCY = 10_000;

    /** So much is sent at most where nobody says how much. */
    private static final int USUALLY_SENT = 64 << 10;

    /** One whose calls all leave with the same credential. */
    public HttpUpstreamOptions(
            URI url,
            Map<String, String> headers,
            Auth auth,
            Duration timeout,
            boolean verifyTls,
            OutboundTls tls,
            int concurrency,
            Map<String, HttpCallTemplate> calls,
            Proxies proxies) {
        this(
                url,
                headers,
                auth,
                timeout,
                verifyTls,
                tls,
                concurrency,
                calls,
                proxies,
                Map.of(),
                USUALLY_SENT);
    }

    /** One that trusts the authorities of the JDK, without a proxy. */
    public HttpUpstreamOptions(
            URI url,
            Map<String, String> headers,
            Duration timeout,
            boolean verifyTls,
            int concurrency,
            Map<String, HttpCallTemplate> calls) {
        this(url, headers, timeout, verifyTls, concurrency, calls, Proxies.NONE);
    }

    /** The same through a proxy, if any. */
    public HttpUpstreamOptions(
            URI url,
            Map<String, String> headers,
            Duration timeout,
            boolean verifyTls,
            int concurrency,
            Map<String, HttpCallTemplate> calls,
            Proxies proxies) {
        this(url, headers, timeout, verifyTls, OutboundTls.PLAIN, concurrency, calls, proxies);
    }

    /** One whose headers say who calls. */
    public HttpUpstreamOptions(
            URI url,
            Map<String, String> headers,
            Duration timeout,
            boolean verifyTls,
            OutboundTls tls,
            int concurrency,
            Map<String, HttpCallTemplate> calls,
            Proxies proxies) {
        this(url, headers, new Auth.None(), timeout, verifyTls, tls, concurrency, calls, proxies);
    }

    public HttpUpstreamOptions {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        calls = Map.copyOf(calls);
        credentials = Map.copyOf(credentials);
        credentials.values().forEach(each -> each.forEach(HttpUpstreamOptions::checkHeader));
        headers.forEach(HttpUpstreamOptions::checkHeader);
        boolean twice = headers.keySet().stream().anyMatch("authorization"::equalsIgnoreCase);
        if (twice && !(auth instanceof Auth.None)) {
            throw new IllegalArgumentException("either auth or an Authorization header");
        }
        String scheme = url.getScheme();
        if (Authority.of(url).isEmpty()
                || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException("an upstream's url begins with http:// or https://");
        }
        if (Authority.checked(url).userInfo() != null
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "an upstream's url has no credentials, query or fragment: use headers and the"
                            + " call's query");
        }
        if (timeout.toMillis() < 1 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException("a timeout is between 1 ms and " + MAX_TIMEOUT);
        }
        if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
            throw new IllegalArgumentException("concurrency is between 1 and " + MAX_CONCURRENCY);
        }
    }

    /** One that cannot be sent would fail each call, without anybody having been told. */
    private static void checkHeader(String name, String value) {
        String wrong = HeaderText.wrong(value);
        if (wrong != null) {
            throw new IllegalArgumentException("header " + name + " cannot be sent: " + wrong);
        }
    }

    /** Without the headers' values: they are secret. */
    @Override
    public String toString() {
        return "HttpUpstreamOptions[" + url + ", headers " + headers.keySet() + "]";
    }
}
