package dev.holdfast.outbound;

import dev.holdfast.outbound.http.ConnectionLimits;
import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.WireCounts;
import dev.holdfast.webhook.Webhooks;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.TrustOptions;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Posts webhooks over HTTP/1.1, only to addresses that the {@link AddressGuard} lets through. A
 * host's name is looked up here and the connection made to the very address that was checked, so a
 * name that changes its answer between check and use gains nothing. The host's own name stays in
 * the Host header, in SNI and in the certificate's check.
 */
public final class HttpWebhook implements Webhooks, AutoCloseable {
    /** Most of an answer that is read, in bytes; then its connection is dropped. */
    public static final int MAX_ANSWER_BYTES = Exchange.MAX_DRAINED_BYTES;

    /** Longest time limit. */
    public static final Duration MAX_TIMEOUT = Duration.ofMinutes(5);

    /** Most connections to one address for one host. */
    static final int MAX_CONNECTIONS = 16;

    /** Most posts that wait for one of them; more fail at once. */
    static final int MAX_WAITING = 1_000;

    /** How long an unused connection is kept. */
    static final int KEEP_ALIVE_SECONDS = 10;

    /** Longest wait for a TCP connection to one address, and again for TLS on it. */
    static final int MAX_CONNECT_MILLIS = 10_000;

    /** Largest head of an answer, in bytes. */
    static final int MAX_HEAD_BYTES = 16 << 10;

    /** URLs whose verdict is remembered at most; beyond that all are forgotten. */
    static final int MAX_URLS = 1_000;

    private static final ConnectionLimits LIMITS =
            new ConnectionLimits(
                    MAX_CONNECTIONS,
                    MAX_WAITING,
                    Duration.ofSeconds(KEEP_ALIVE_SECONDS),
                    MAX_HEAD_BYTES);

    private final Map<String, AddressGuard.Verdict> verdicts = new ConcurrentHashMap<>();
    private final Posting.Means means;
    private final TlsRenewal renewal;
    private final Context context;

    /**
     * @param timeout for a whole post, name look-up included; 1 ms to {@link #MAX_TIMEOUT}
     * @param wall the clock that a Retry-After date is compared with if the answer has no Date
     */
    public HttpWebhook(Vertx vertx, AddressGuard guard, Duration timeout, InstantSource wall) {
        this(vertx, guard, timeout, wall, Proxies.NONE);
    }

    /**
     * As {@link #HttpWebhook(Vertx, AddressGuard, Duration, InstantSource)}, through a proxy. What
     * the guard can see from here it still forbids: addresses, names of internal networks, names
     * that lead to a forbidden address here. What only the proxy can look up is left to it.
     */
    public HttpWebhook(
            Vertx vertx,
            AddressGuard guard,
            Duration timeout,
            InstantSource wall,
            Proxies proxies) {
        this(vertx, guard, timeout, wall, OutboundTls.PLAIN, proxies);
    }

    /**
     * As {@link #HttpWebhook(Vertx, AddressGuard, Duration, InstantSource, Proxies)}.
     *
     * @param tls whom to trust and who we are
     * @throws IllegalArgumentException if a file of {@code tls} cannot be read
     */
    public HttpWebhook(
            Vertx vertx,
            AddressGuard guard,
            Duration timeout,
            InstantSource wall,
            OutboundTls tls,
            Proxies proxies) {
        this(vertx, guard, timeout, wall, Names.of(vertx), null, tls, proxies);
    }

    /**
     * @param trust whom to trust, or null for the JDK's own list
     */
    HttpWebhook(
            Vertx vertx,
            AddressGuard guard,
            Duration timeout,
            InstantSource wall,
            Names names,
            @Nullable TrustOptions trust) {
        this(vertx, guard, timeout, wall, names, trust, Proxies.NONE);
    }

    HttpWebhook(
            Vertx vertx,
            AddressGuard guard,
            Duration timeout,
            InstantSource wall,
            Names names,
            @Nullable TrustOptions trust,
            Proxies proxies) {
        this(vertx, guard, timeout, wall, names, trust, OutboundTls.PLAIN, proxies);
    }

    private HttpWebhook(
            Vertx vertx,
            AddressGuard guard,
            Duration timeout,
            InstantSource wall,
            Names names,
            @Nullable TrustOptions trust,
            OutboundTls tls,
            Proxies proxies) {
        if (timeout.toMillis() < 1 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException("a timeout is between 1 ms and " + MAX_TIMEOUT);
        }
        context = ((VertxInternal) vertx).createEventLoopContext();
        Supplier<NetClientOptions> options = () -> netOptions(timeout, trust, tls);
        var connections = new Connections(vertx, context, options.get(), LIMITS);
        renewal = new TlsRenewal(vertx, tls, options, connections::renew);
        means = new Posting.Means(vertx, connections, proxies, guard, names, timeout, wall);
    }

    private static NetClientOptions netOptions(
            Duration timeout, @Nullable TrustOptions trust, OutboundTls tls) {
        int connectMillis = (int) Math.min(timeout.toMillis(), MAX_CONNECT_MILLIS);
        NetClientOptions options =
                new NetClientOptions()
                        // A handshake's arithmetic is not the event loop's work.
                        .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
                        .setHostnameVerificationAlgorithm("HTTPS")
                        .setConnectTimeout(connectMillis)
                        .setSslHandshakeTimeout(connectMillis)
                        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        tls.into(options);
        return trust == null ? options : options.setTrustOptions(trust);
    }

    @Override
    public CompletionStage<Told> post(URI url, Map<String, String> headers, byte[] body) {
        CompletableFuture<Told> told = new CompletableFuture<>();
        Promise<Told> promise = Promise.promise();
        promise.future().onComplete(done -> told.complete(done.result()));
        long started = System.nanoTime();
        try {
            switch (judged(url.toString())) {
                case AddressGuard.Forbidden no -> promise.complete(new Told.Forbidden(no.words()));
                case AddressGuard.Allowed yes ->
                        context.runOnContext(
                                v ->
                                        new Posting(means, yes, headers, body, started, promise)
                                                .start());
            }
        } catch (RuntimeException closed) {
            promise.tryComplete(
                    new Told.NotDelivered(null, null, "not sent: closing", false, Duration.ZERO));
        }
        return told;
    }

    /** Many posts go to few URLs, and what is thought of a text never changes. */
    private AddressGuard.Verdict judged(String url) {
        AddressGuard.Verdict known = verdicts.get(url);
        if (known != null) {
            return known;
        }
        if (verdicts.size() >= MAX_URLS) {
            verdicts.clear();
        }
        AddressGuard.Verdict fresh = means.guard().check(url);
        verdicts.put(url, fresh);
        return fresh;
    }

    /** What came on its connections besides answers. */
    public WireCounts wire() {
        return means.connections().count();
    }

    /** Whom it trusts and who it is. */
    TlsRenewal renewal() {
        return renewal;
    }

    /** Closes all connections; posts under way end as not delivered. */
    @Override
    public void close() {
        renewal.close();
        means.connections().close();
    }
}
