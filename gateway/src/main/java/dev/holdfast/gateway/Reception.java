package dev.holdfast.gateway;

import dev.holdfast.gateway.Mount.Access;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes every request in: finds its endpoint, checks its key and method, and hands it over. */
final class Reception {
    private final Vertx vertx;
    private final RouteTable table;
    private final Authenticator authenticator;
    private final List<Mount> mounts;
    private final Peers peers;
    private final RequestIds ids = new RequestIds();

    Reception(
            Vertx vertx,
            RouteTable table,
            Authenticator authenticator,
            List<Mount> mounts,
            Peers peers) {
        this.vertx = vertx;
        this.table = table;
        this.authenticator = authenticator;
        this.mounts = List.copyOf(mounts);
        this.peers = peers;
    }

    void receive(HttpServerRequest request) {
        Exchange exchange = exchange(request);
        exchange.guarded(() -> dispatch(exchange));
    }

    private Exchange exchange(HttpServerRequest request) {
        return new Exchange(vertx, request, peers.of(request.connection()), ids.of(request));
    }

    private void dispatch(Exchange exchange) {
        HttpServerRequest request = exchange.request();
        String path = request.path();
        RouteTable.Match match = path == null ? null : table.find(path);
        if (match == null) {
            dispatchMount(exchange, path);
            return;
        }
        Endpoint endpoint = match.endpoint();
        exchange.enter(endpoint, null);
        if (endpoint.access() != Access.ANYBODY) {
            Caller caller = caller(exchange);
            if (caller == null) {
                exchange.problem(Problem.unauthorized());
                return;
            }
            exchange.enter(endpoint, caller);
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

    private void dispatchMount(Exchange exchange, @Nullable String path) {
        Mount mount = path == null ? null : mount(path);
        if (mount == null) {
            exchange.problem(Problem.notFound("such path (/openapi.yaml lists them all)"));
            return;
        }
        Caller caller = mount.access() == Access.ANYBODY ? null : caller(exchange);
        if (mount.access() != Access.ANYBODY && caller == null) {
            exchange.problem(Problem.unauthorized());
            return;
        }
        if (mount.access() == Access.ADMIN && caller != null && !caller.admin()) {
            exchange.problem(adminsOnly());
            return;
        }
        exchange.response()
                .endHandler(_ -> exchange.sent(System.nanoTime()))
                .putHeader(Headers.REQUEST_ID, exchange.id())
                .putHeader(Headers.NO_SNIFF_NAME, Headers.NO_SNIFF);
        mount.handler().handle(exchange.request());
    }

    private @Nullable Caller caller(Exchange exchange) {
        return authenticator.caller(exchange.header(HttpHeaders.AUTHORIZATION), exchange.peer());
    }

    private static Problem adminsOnly() {
        return new Problem.Plain(Problem.Kind.FORBIDDEN, "Use the key of an admin client.");
    }

    private @Nullable Mount mount(String path) {
        for (Mount mount : mounts) {
            if (mount.covers(path)) {
                return mount;
            }
        }
        return null;
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
                                            + Gateway.MAX_REQUEST_LINE_BYTES
                                            + " bytes; use POST.");
                    case TooLongHttpHeaderException _ -> headersTooLarge();
                    case TooLongFrameException _ -> headersTooLarge();
                    case null, default -> notHttp();
                };
        exchange.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        exchange.problem(problem);
        request.connection().close();
    }

    private static Problem headersTooLarge() {
        return new Problem.Plain(
                Problem.Kind.HEADERS_TOO_LARGE,
                "All headers together have at most " + Gateway.MAX_HEADER_BYTES + " bytes.");
    }

    private static Problem notHttp() {
        Mistakes mistakes = new Mistakes();
        mistakes.add("request", "is not well-formed HTTP/1.1");
        return mistakes.problem();
    }
}
