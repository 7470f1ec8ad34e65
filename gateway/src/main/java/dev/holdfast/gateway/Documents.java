package dev.holdfast.gateway;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Advice;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import dev.holdfast.wire.BasePath;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What explains the API: the index, the OpenAPI document, Swagger UI, the kinds of problems. */
final class Documents {
    private static final String WEBJAR = "META-INF/resources/webjars/swagger-ui/5.35.0/";

    /** Swagger UI's files that are served, with their types; there are no others. */
    private static final Map<String, String> SWAGGER_FILES =
            Map.of(
                    "swagger-ui.css", "text/css; charset=utf-8",
                    "swagger-ui-bundle.js", "text/javascript; charset=utf-8",
                    "favicon-32x32.png", "image/png");

    private static final String SWAGGER_PAGE =
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Holdfast API</title>
            <link rel="stylesheet" href="swagger/swagger-ui.css">
            <link rel="icon" href="swagger/favicon-32x32.png">
            </head>
            <body>
            <div id="swagger-ui"></div>
            <script src="swagger/swagger-ui-bundle.js"></script>
            <script src="swagger/start.js"></script>
            </body>
            </html>
            """;

    private static final String SWAGGER_START =
            """
            window.ui = SwaggerUIBundle({
              url: "openapi.yaml", dom_id: "#swagger-ui", deepLinking: true
            });
            """;

    private static final String OPEN_API = "dev/holdfast/gateway/openapi.yaml";

    /** The document's own server, at the root of its host. */
    private static final String SERVER = "\n  - url: /\n";

    private static final CharSequence YAML = "application/yaml; charset=utf-8";

    private final DoorParts doorway;
    private final List<RouteDoor> routes;
    private final Map<String, Buffer> files = new ConcurrentHashMap<>();

    /** The document with the routes; written once, for they are the same as long as this is. */
    private volatile @Nullable String openApi;

    /** {@code routes} are what is configured. */
    Documents(DoorParts doorway, List<RouteDoor> routes) {
        this.doorway = doorway;
        this.routes = List.copyOf(routes);
    }

    void index(Exchange exchange) {
        StringBuilder text = new StringBuilder("Holdfast\n\n");
        for (RouteDoor route : routes) {
            text.append(String.format(Locale.ROOT, "%-28s ask%n", route.path()));
        }
        text.append(
                """
                /v1/requests                 your requests; /v1/requests/{id} follows one
                /v1/upstreams                queues and slots
                /v1/deliveries               your webhooks
                /v1/audit                    what operators did
                /console                     all of it, live, for whoever runs this
                /openapi.yaml, /swagger      the whole API
                /livez, /readyz, /metrics    for operators
                """);
        exchange.send(200, Headers.TEXT, Buffer.buffer(text.toString()));
    }

    void openApi(Exchange exchange) {
        file(
                exchange,
                OPEN_API,
                document -> exchange.send(200, YAML, served(document, exchange.base())));
    }

    /**
     * The document of this very gateway: its routes, and where it is, below the path that a proxy
     * has before it.
     */
    private Buffer served(Buffer document, BasePath base) {
        String text = openApi;
        if (text == null) {
            text = RouteDocument.of(document.toString(), routes);
            openApi = text;
        }
        return Buffer.buffer(
                base.equals(BasePath.NONE)
                        ? text
                        : text.replace(SERVER, SERVER.replace("/", base.prefix())));
    }

    void swagger(Exchange exchange) {
        exchange.response()
                .putHeader(Headers.NO_SNIFF_NAME, Headers.NO_SNIFF)
                .putHeader(
                        Headers.CONTENT_SECURITY_POLICY,
                        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
                                + " data:; frame-ancestors 'none'");
        exchange.send(200, Headers.HTML, Buffer.buffer(SWAGGER_PAGE));
    }

    void swaggerFile(Exchange exchange, String name) {
        String type = SWAGGER_FILES.get(name);
        exchange.response().putHeader(Headers.NO_SNIFF_NAME, Headers.NO_SNIFF);
        if (name.equals("start.js")) {
            exchange.send(200, "text/javascript; charset=utf-8", Buffer.buffer(SWAGGER_START));
        } else if (type == null) {
            exchange.problem(Problem.notFound("file of this name"));
        } else {
            exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=86400");
            file(exchange, WEBJAR + name, content -> exchange.send(200, type, content));
        }
    }

    void problem(Exchange exchange, String slug) {
        for (Problem.Kind kind : Problem.Kind.values()) {
            if (kind.slug().equals(slug)) {
                String title = slug + " (" + kind.status() + ")\n\n" + kind.title() + ".\n\n";
                String text = title + Advice.about(kind) + "\n";
                exchange.send(200, Headers.TEXT, Buffer.buffer(text));
                return;
            }
        }
        exchange.problem(Problem.notFound("problem of this name"));
    }

    private void file(Exchange exchange, String resource, Consumer<Buffer> found) {
        Buffer known = files.get(resource);
        if (known != null) {
            found.accept(known);
            return;
        }
        doorway.read(
                exchange,
                () -> load(resource),
                content -> {
                    if (content == null) {
                        exchange.problem(Problem.notFound("file of this name"));
                    } else {
                        files.put(resource, content);
                        found.accept(content);
                    }
                });
    }

    private static @Nullable Buffer load(String resource) {
        try (InputStream in = Documents.class.getClassLoader().getResourceAsStream(resource)) {
            return in == null ? null : Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }
}
