package dev.holdfast.gateway.server;

import dev.holdfast.gateway.server.Endpoint.Access;
import dev.holdfast.gateway.syntax.Malformed;
import dev.holdfast.gateway.syntax.UnknownVersion;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import dev.holdfast.wire.AskedPath;
import dev.holdfast.wire.BasePath;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes every request in: finds its endpoint, checks its key and method, and hands it over. */
public final class Reception {
    /** What a header takes beside its text, about, in bytes. */
    private static final int HEADER_COST_BYTES = 100;

    /** What a stream of HTTP/2 takes, about, in bytes. */
    private static final int STREAM_BYTES = 4 << 10;

    private final Vertx vertx;
    private final Supplier<RouteTable> table;
    private final Authenticator authenticator;
    private final @Nullable WebPages pages;
    private final RequestTraces traces;
    private final BasePath base;
    private final RequestIds ids = new RequestIds();

    /**
     * @param table where each path leads, looked at for each request
     * @param pages keeps web pages off while no key is asked for, or null: there is no harm in any
     */
    public Reception(
            Vertx vertx,
            Supplier<RouteTable> table,
            Authenticator authenticator,
            @Nullable WebPages pages,
            RequestTraces traces,
            BasePath base) {
        this.base = base;
        this.vertx = vertx;
        this.table = table;
        this.authenticator = authenticator;
        this.pages = pages;
        this.traces = traces;
    }

    void receive(HttpServerRequest request) {
        Exchange exchange = exchange(request);
        HttpServerResponse response = request.response();
        if (response.writeQueueFull()) {
            // Who asks on without reading what was answered waits for its own reading.
            request.pause();
            response.drainHandler(
                    _ -> {
                        response.drainHandler(null);
                        goOn(exchange);
                    });
        } else if (exchange.peer().line().isTurn()) {
            exchange.guarded(() -> dispatch(exchange));
        } else {
            request.pause();
            ContextInternal loop = (ContextInternal) exchange.loop();
            Runnable step = () -> goOn(exchange);
            exchange.peer().line().later(() -> loop.dispatch(step));
        }
    }

    /** It has its turn, unless its stream was reset meanwhile: then there is nothing to read. */
    private void goOn(Exchange exchange) {
        HttpServerRequest request = exchange.request();
        if (request.version() != HttpVersion.HTTP_2 || !request.response().closed()) {
            request.resume();
            exchange.guarded(() -> dispatch(exchange));
        }
    }

    private Exchange exchange(HttpServerRequest request) {
        Peer peer = Peers.of(request.connection());
        return new Exchange(vertx, request, peer, ids.of(request), asked(request, peer));
    }

    /** Where it was asked, below what a trusted proxy says that it has before every path. */
    private AskedPath asked(HttpServerRequest request, Peer peer) {
        String path = request.path() == null ? "" : request.path();
        BasePath named = peer.isProxy() ? peer.prefix(request.headers()) : null;
        if (named == null) {
            return new AskedPath(base, base.inside(path));
        }
        String inside = named.inside(path);
        return new AskedPath(named, inside.equals(path) ? base.inside(path) : inside);
    }

    private void dispatch(Exchange exchange) {
        HttpServerRequest request = exchange.request();
        int weight = weight(request);
        if (weight < 0) {
            exchange.problem(headersTooLarge());
            return;
        }
        if (!exchange.hold(weight)) {
            return;
        }
        RouteTable.Match match = table.get().find(exchange.asked().path());
        if (match == null) {
            exchange.problem(Problem.notFound("such path (/openapi.yaml lists them all)"));
            return;
        }
        Endpoint endpoint = match.endpoint();
        exchange.enter(endpoint.times(), null);
        boolean byKey = endpoint.access().byKey();
        if (endpoint.access() != Access.PROBE && isWebPage(exchange, !byKey)) {
            return;
        }
        if (byKey) {
            Caller caller = caller(exchange);
            if (caller == null) {
                exchange.problem(Problem.unauthorized());
                return;
            }
            exchange.enter(endpoint.times(), caller);
            exchange.trace(
                    traces.begin(
                            request.method().name(),
                            endpoint.template(),
                            exchange.id(),
                            exchange.header(Headers.TRACEPARENT)));
        }
        Endpoint.Action action = endpoint.action(request.method());
        if (action == null) {
            exchange.problem(new Problem.NotAllowed(endpoint.allowed()));
        } else if (endpoint.access() == Access.ADMIN && !exchange.caller().admin()) {
            exchange.problem(adminsOnly());
        } else {
            action.handle(exchange, match.variables());
        }
    }

    /** What a request keeps in memory, about, in bytes; below 0 if it has too many headers. */
    private static int weight(HttpServerRequest request) {
        int left = HeadLimits.MAX_HEADERS;
        int bytes = request.uri().length();
        for (Map.Entry<String, String> header : request.headers()) {
            if (--left < 0) {
                return -1;
            }
            bytes += header.getKey().length() + header.getValue().length() + HEADER_COST_BYTES;
        }
        return request.version() == HttpVersion.HTTP_2 ? bytes + STREAM_BYTES : bytes;
    }

    /** Whether a web page uses this gateway for want of a key; then the problem was answered. */
    private boolean isWebPage(Exchange exchange, boolean harmless) {
        if (pages == null || !authenticator.isOpen()) {
            return false;
        }
        HttpServerRequest request = exchange.request();
        if (!pages.isForUs(request, exchange.peer())) {
            exchange.problem(
                    Problem.webPage("Without keys, call this gateway by localhost or 127.0.0.1."));
            return true;
        }
        if (!harmless && WebPages.isForwarded(request)) {
            exchange.problem(
                    Problem.webPage(
                            "Without keys, this gateway takes nothing that was forwarded: whoever"
                                    + " reaches the proxy would be its admin. holdfast keys create"
                                    + " makes a key."));
            return true;
        }
        if (!harmless && pages.isFromElsewhere(request)) {
            exchange.problem(
                    Problem.webPage("Without keys, this gateway serves no other site's pages."));
            return true;
        }
        return false;
    }

    private @Nullable Caller caller(Exchange exchange) {
        return authenticator.caller(
                exchange.header(HttpHeaders.AUTHORIZATION),
                exchange.header(Headers.API_KEY),
                exchange.peer());
    }

    private static Problem adminsOnly() {
        return new Problem.Plain(Problem.Kind.FORBIDDEN, "Use the key of an admin client.");
    }

    /** Answers what is not HTTP, or more of it than is read. */
    void invalid(HttpServerRequest request) {
        Exchange exchange = exchange(request);
        Throwable cause = request.decoderResult().cause();
        Problem problem =
                switch (cause) {
                    case TooLongHttpLineException _ ->
                            new Problem.Plain(
                                    Problem.Kind.URI_TOO_LONG,
                                    "A request line has at most "
                                            + HeadLimits.MAX_REQUEST_LINE_BYTES
                                            + " bytes; use POST.");
                    case TooLongHttpHeaderException _ -> headersTooLarge();
                    case TooLongFrameException _ -> headersTooLarge();
                    case Malformed malformed ->
                            Problem.malformed(malformed.field(), malformed.detail());
                    case UnknownVersion _ ->
                            new Problem.Plain(
                                    Problem.Kind.HTTP_VERSION_NOT_SUPPORTED,
                                    "Send HTTP/1.1 or HTTP/1.0; over TLS, HTTP/2 is agreed on by"
                                            + " ALPN.");
                    case null, default ->
                            Problem.malformed("request", "is not well-formed HTTP/1.1");
                };
        exchange.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        exchange.problem(problem);
        request.connection().close();
    }

    private static Problem headersTooLarge() {
        return new Problem.Plain(
                Problem.Kind.HEADERS_TOO_LARGE,
                "Send at most "
                        + HeadLimits.MAX_HEADERS
                        + " headers, all together at most "
                        + HeadLimits.MAX_HEADER_BYTES
                        + " bytes.");
    }
}
