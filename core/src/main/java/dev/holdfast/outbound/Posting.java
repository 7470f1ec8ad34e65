package dev.holdfast.outbound;

import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.Proxy;
import dev.holdfast.outbound.http.RetryAfter;
import dev.holdfast.outbound.http.TooBusyException;
import dev.holdfast.webhook.Webhooks.Told;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.proxy.ProxyConnectException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One post of a webhook: look up, check, connect to what was checked, send. On one event loop. */
final class Posting {
    /** How many of a name's addresses are tried as long as no connection is made. */
    static final int MAX_ADDRESSES = 3;

    private static final int GONE = 410;
    private static final Set<Integer> WITH_RETRY_AFTER = Set.of(429, 503);

    /** Headers that belong to the connection; a caller's own would break it. */
    private static final Set<String> CONNECTION_HEADERS =
            Set.of(
                    "host",
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "keep-alive",
                    "te",
                    "trailer",
                    "upgrade",
                    "expect",
                    "proxy-authorization",
                    "proxy-connection");

    /**
     * What all posts are made with.
     *
     * @param timeout for a whole post, name look-up included
     * @param wall the clock that a Retry-After date is compared with if the answer has no Date
     */
    record Means(
            Vertx vertx,
            Connections connections,
            Proxies proxies,
            AddressGuard guard,
            Names names,
            Duration timeout,
            InstantSource wall) {}

    private final Means means;
    private final URI url;
    private final Authority authority;
    private final boolean tls;
    private final int port;
    private final @Nullable Proxy proxy;
    private final Map<String, String> headers;
    private final Buffer body;
    private final long started;
    private final Promise<Told> told;

    Posting(
            Means means,
            AddressGuard.Allowed to,
            Map<String, String> headers,
            byte[] body,
            long started,
            Promise<Told> told) {
        this.means = means;
        url = to.url();
        authority = to.authority();
        tls = "https".equals(url.getScheme());
        port = authority.portOr(tls ? 443 : 80);
        proxy = means.proxies().of(tls, authority.host(), port);
        this.headers = headers;
        this.body = Buffer.buffer(body);
        this.started = started;
        this.told = told;
    }

    void start() {
        Optional<InetAddress> literal = Authority.literal(authority.host());
        if (literal.isPresent()) {
            connect(List.of(literal.get()));
            return;
        }
        Future<List<InetAddress>> found = means.names().lookUp(authority.host());
        if (!found.isComplete()) {
            boundLookUp(found);
        }
        found.onComplete(
                answer -> {
                    if (told.future().isComplete()) {
                        return;
                    }
                    if (answer.failed() && proxy != null) {
                        // A name that only the proxy knows; it has to guard it.
                        send(List.of());
                    } else if (answer.failed()) {
                        told.complete(notDelivered("the host's name is not known", true));
                    } else {
                        connect(answer.result());
                    }
                });
    }

    private void boundLookUp(Future<List<InetAddress>> found) {
        long timer =
                means.vertx()
                        .setTimer(
                                leftMillis(),
                                id ->
                                        told.tryComplete(
                                                notDelivered(
                                                        "the host's name was not found in time",
                                                        true)));
        found.onComplete(done -> means.vertx().cancelTimer(timer));
    }

    private void connect(List<InetAddress> addresses) {
        List<InetAddress> usable =
                addresses.stream()
                        .filter(this::allowed)
                        .sorted(Comparator.comparing(a -> !(a instanceof Inet4Address)))
                        .limit(MAX_ADDRESSES)
                        .toList();
        // A proxy makes its own choice among them.
        boolean all = proxy == null || addresses.stream().allMatch(this::allowed);
        if (!usable.isEmpty() && all) {
            send(usable);
            return;
        }
        told.complete(
                addresses.stream()
                        .flatMap(address -> means.guard().check(address).stream())
                        .findFirst()
                        .<Told>map(no -> new Told.Forbidden(no.words()))
                        .orElseGet(() -> notDelivered("the host has no address", true)));
    }

    private boolean allowed(InetAddress address) {
        return means.guard().check(address).isEmpty();
    }

    private void send(List<InetAddress> addresses) {
        SocketAddress server = proxy == null ? socketAddress(addresses.getFirst(), port) : null;
        Promise<Exchange.Ending> ending = Promise.promise();
        ending.future().onComplete(how -> ended(how.result(), addresses));
        try {
            new Exchange(
                            means.vertx(),
                            means.connections(),
                            request(),
                            new Exchange.Plan(server, proxy, false),
                            body,
                            status -> Exchange.Wanted.NOTHING,
                            ending)
                    .start(leftMillis());
        } catch (RuntimeException e) {
            told.tryComplete(notDelivered("a header or the URL cannot be sent", false));
        }
    }

    private RequestOptions request() {
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        RequestOptions request =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost(authority.host())
                        .setPort(port)
                        .setSsl(tls)
                        .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
                        .putHeader("content-type", "application/json")
                        .putHeader("user-agent", "Holdfast");
        MultiMap all = request.getHeaders();
        headers.forEach(
                (name, value) -> {
                    if (!CONNECTION_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                        all.set(name, value);
                    }
                });
        return request;
    }

    /** The checked bytes alone, so that nothing can be looked up again. */
    private static SocketAddress socketAddress(InetAddress address, int port) {
        try {
            InetAddress bare = InetAddress.getByAddress(address.getAddress());
            return SocketAddress.inetSocketAddress(new InetSocketAddress(bare, port));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes", e);
        }
    }

    private void ended(Exchange.Ending how, List<InetAddress> addresses) {
        switch (how) {
            case Exchange.Answered answer -> told.complete(answered(answer));
            case Exchange.Broken broken -> {
                boolean another =
                        broken.fault() == Exchange.Fault.NO_CONNECTION
                                && proxy == null
                                && addresses.size() > 1;
                if (another) {
                    send(addresses.subList(1, addresses.size()));
                } else {
                    told.complete(broken(broken));
                }
            }
        }
    }

    private Told answered(Exchange.Answered answer) {
        int status = answer.status();
        if (status / 100 == 2) {
            return new Told.Delivered(status, latency());
        }
        if (status == GONE) {
            return new Told.Gone(latency());
        }
        Duration retryAfter =
                WITH_RETRY_AFTER.contains(status)
                        ? RetryAfter.parse(
                                answer.headers().get("retry-after"),
                                answer.headers().get("date"),
                                means.wall().instant())
                        : null;
        String redirect = status / 100 == 3 ? "; redirects are not followed" : "";
        return new Told.NotDelivered(
                status, retryAfter, "answered " + status + redirect, false, latency());
    }

    private Told broken(Exchange.Broken broken) {
        Throwable cause = broken.cause();
        return switch (broken.fault()) {
            case TIMEOUT ->
                    notDelivered("no answer within " + means.timeout().toMillis() + " ms", true);
            case RESET -> notDelivered("the connection broke before the answer", false);
            case GARBAGE -> notDelivered("the answer is not HTTP", false);
            case NO_CONNECTION ->
                    switch (cause) {
                        case TooBusyException _ ->
                                notDelivered("too many posts to this host at once", false);
                        case IllegalArgumentException _ ->
                                notDelivered("a header or the URL cannot be sent", false);
                        default -> notDelivered(whyNoConnection(cause), true);
                    };
        };
    }

    private static String whyNoConnection(@Nullable Throwable cause) {
        return switch (cause) {
            case SSLException tls -> "no TLS connection: the certificate or the protocol is wrong";
            case ConnectTimeoutException late -> "no connection in time";
            case ProxyConnectException refused -> "the proxy did not connect";
            case null, default -> "connection refused";
        };
    }

    private Told notDelivered(String error, boolean hostDown) {
        return new Told.NotDelivered(null, null, error, hostDown, latency());
    }

    private Duration latency() {
        return Duration.ofNanos(System.nanoTime() - started);
    }

    private long leftMillis() {
        return Math.max(1, means.timeout().minus(latency()).toMillis());
    }
}
