package dev.holdfast.outbound;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.JdkSSLEngineOptions;
import java.net.URI;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API behind HTTP/1.1. One {@link #call} sends at most one request: nothing is sent again, no
 * redirect is followed, so that the quota's ledger stays true (SPEC.md P1).
 */
public final class HttpUpstream implements Upstream, AutoCloseable {
    /** How long an unused connection is kept; short, since servers close theirs unannounced. */
    static final int KEEP_ALIVE_SECONDS = 15;

    /** Longest wait for a TCP connection, and again for TLS on it. */
    static final int MAX_CONNECT_MILLIS = 10_000;

    /** Largest head of an answer, in bytes. */
    static final int MAX_HEAD_BYTES = 32 << 10;

    /** Status given for parameters that cannot be put into the call; nothing was sent. */
    static final int UNSENDABLE_STATUS = 400;

    private static final Logger LOG = LoggerFactory.getLogger(HttpUpstream.class);
    private static final Set<String> HAVE_A_BODY = Set.of("POST", "PUT", "PATCH");

    private final HttpUpstreamOptions options;
    private final Map<String, PreparedCall> calls = new HashMap<>();
    private final HttpClient client;
    private final Vertx vertx;
    private final Context context;
    private final AnswerReader answers;
    private final boolean tls;
    private final int port;

    /**
     * @param wall the clock that an answer's Retry-After date is compared with if the answer has no
     *     Date
     * @throws IllegalArgumentException for a call template that cannot work, naming its route
     */
    public HttpUpstream(Vertx vertx, HttpUpstreamOptions options, InstantSource wall) {
        this.vertx = vertx;
        this.options = options;
        this.answers = new AnswerReader(wall);
        URI url = options.url();
        tls = "https".equalsIgnoreCase(url.getScheme());
        port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
        options.calls()
                .forEach(
                        (route, template) -> {
                            try {
                                calls.put(route, new PreparedCall(url.getRawPath(), template));
                            } catch (IllegalArgumentException e) {
                                throw new IllegalArgumentException(
                                        "route " + route + ": " + e.getMessage(), e);
                            }
                        });
        context = ((VertxInternal) vertx).createEventLoopContext();
        client = QuietClient.create(vertx, clientOptions(), poolOptions());
    }

    private HttpClientOptions clientOptions() {
        int connectMillis = (int) Math.min(options.timeout().toMillis(), MAX_CONNECT_MILLIS);
        return new HttpClientOptions()
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setPipelining(false)
                .setDecompressionSupported(false)
                // A handshake's arithmetic is not the event loop's work.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
                .setForceSni(false)
                .setTrustAll(!options.verifyTls())
                .setVerifyHost(options.verifyTls())
                .setConnectTimeout(connectMillis)
                .setSslHandshakeTimeout(connectMillis)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxHeaderSize(MAX_HEAD_BYTES);
    }

    /**
     * Answers that are still being drained hold a connection, hence twice the calls. Those that are
     * being connected count as waiting too; the engine bounds them all.
     */
    private PoolOptions poolOptions() {
        return new PoolOptions()
                .setHttp1MaxSize(2 * options.concurrency())
                .setMaxWaitQueueSize(4 * options.concurrency());
    }

    @Override
    public CompletionStage<Outcome> call(Call call) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        try {
            context.runOnContext(v -> send(call, outcome));
        } catch (RuntimeException closed) {
            outcome.complete(notSent());
        }
        return outcome;
    }

    private void send(Call call, CompletableFuture<Outcome> outcome) {
        PreparedCall prepared = calls.get(call.route());
        if (prepared == null) {
            LOG.warn(
                    "a request for {} waits: that route does not use this upstream any more",
                    call.route());
            outcome.complete(notSent());
            return;
        }
        try {
            RequestOptions request = new RequestOptions();
            options.headers().forEach(request::putHeader);
            prepared.fill(request, call.params());
            PreparedCall.Content content = prepared.content(call.params());
            address(request, call, content);
            Promise<Exchange.Ending> ending = Promise.promise();
            ending.future()
                    .map(how -> answers.outcome(prepared.template(), how))
                    .onComplete(
                            done -> outcome.complete(done.succeeded() ? done.result() : lost()));
            new Exchange(
                            vertx,
                            client,
                            request,
                            content.bytes(),
                            status -> AnswerReader.wanted(prepared.template(), status),
                            ending)
                    .start(options.timeout().toMillis());
        } catch (UnsendableException e) {
            outcome.complete(unsendable(e.why()));
        } catch (RuntimeException e) {
            outcome.complete(notSent());
        }
    }

    private void address(RequestOptions request, Call call, PreparedCall.Content content) {
        request.setHost(unbracketed(options.url().getHost())).setPort(port).setSsl(tls);
        putUnlessThere(request, "user-agent", "Holdfast");
        putUnlessThere(request, "x-request-id", call.requestId());
        putUnlessThere(request, "traceparent", call.traceparent());
        if (content.bytes().length() == 0 && HAVE_A_BODY.contains(request.getMethod().name())) {
            request.putHeader("content-length", "0");
        }
        if (content.type() != null) {
            putUnlessThere(request, "content-type", content.type());
        }
    }

    private static void putUnlessThere(
            RequestOptions request, String name, @Nullable String value) {
        if (value != null
                && (request.getHeaders() == null || !request.getHeaders().contains(name))) {
            request.putHeader(name, value);
        }
    }

    private static String unbracketed(String host) {
        return host.startsWith("[")
                ? host.substring(1, host.length() - 1)
                : host.toLowerCase(Locale.ROOT);
    }

    private static Outcome unsendable(String why) {
        return new Outcome.Rejected(UNSENDABLE_STATUS, why);
    }

    private static Outcome notSent() {
        return new Outcome.Failed(Outcome.Why.REFUSED, null, null, false);
    }

    private static Outcome lost() {
        return new Outcome.Failed(Outcome.Why.GARBAGE, null, null, true);
    }

    /** Closes all connections; calls under way end as broken. */
    @Override
    public void close() {
        client.close();
    }

    /** Without headers: they are secret. */
    @Override
    public String toString() {
        return "HttpUpstream[" + options.url() + "]";
    }
}
