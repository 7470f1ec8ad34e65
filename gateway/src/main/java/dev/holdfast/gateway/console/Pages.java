package dev.holdfast.gateway.console;

import dev.holdfast.engine.AskedPath;
import dev.holdfast.engine.BasePath;
import dev.holdfast.gateway.syntax.Answers;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The console's files: the page, its modules and style, and the library from its WebJar. They hold
 * nothing secret and are for anybody. A file that is not named here is not served.
 */
final class Pages {
    private static final Logger LOG = LoggerFactory.getLogger(Pages.class);

    /**
     * Nothing but this gateway's own files, and no script or style inside the page: what a message
     * or an upstream's answer holds is never more than text.
     */
    static final String CONTENT_SECURITY_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                    + " img-src 'self' data:; base-uri 'none'; form-action 'none';"
                    + " frame-ancestors 'none'";

    private static final String OWN = "dev/holdfast/gateway/console/";
    private static final String LIT = "META-INF/resources/webjars/lit-html/3.3.1/";
    private static final String PAGE = "index.html";

    private static final List<String> OWN_FILES =
            List.of(
                    PAGE,
                    "style/base.css",
                    "style/frame.css",
                    "style/parts.css",
                    "style/views.css",
                    "icon.svg",
                    "main.js",
                    "api.js",
                    "format.js",
                    "keys.js",
                    "live.js",
                    "router.js",
                    "state.js",
                    "parts/chart.js",
                    "parts/dialogs.js",
                    "parts/frame.js",
                    "parts/list.js",
                    "parts/pieces.js",
                    "parts/slots.js",
                    "parts/story.js",
                    "views/converter.js",
                    "views/deliveries.js",
                    "views/door.js",
                    "views/request.js",
                    "views/requests.js",
                    "views/upstreams.js");

    private static final List<String> LIT_FILES =
            List.of("lit-html.js", "directive.js", "directive-helpers.js", "directives/repeat.js");

    private static final Map<String, String> TYPES =
            Map.of(
                    "html", "text/html; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "js", "text/javascript; charset=utf-8",
                    "svg", "image/svg+xml");

    private final Vertx vertx;
    private final Executor readers;
    private final Map<String, File> files = new ConcurrentHashMap<>();

    private record File(Buffer content, String type, String etag) {}

    Pages(Vertx vertx, Executor readers) {
        this.vertx = vertx;
        this.readers = readers;
    }

    void handle(HttpServerRequest request, AskedPath asked) {
        BasePath base = asked.base();
        String resource = resource(asked.path());
        if (resource == null) {
            Refusal.NO_SUCH_FILE.write(request, base);
            return;
        }
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (!reads) {
            Refusal.NOT_ALLOWED.write(request, base);
            return;
        }
        File known = files.get(resource);
        if (known != null) {
            answer(request, base, known);
            return;
        }
        Context loop = vertx.getOrCreateContext();
        readers.execute(
                () -> {
                    File file = load(resource);
                    loop.runOnContext(_ -> answer(request, base, file));
                });
    }

    /** Where the file of a path is on the class path, or null if there is none. */
    private static @Nullable String resource(String path) {
        String name = path.equals(Console.PATH) ? PAGE : path.substring(Console.PATH.length() + 1);
        if (name.startsWith("lit/")) {
            String lit = name.substring("lit/".length());
            return LIT_FILES.contains(lit) ? LIT + lit : null;
        }
        return OWN_FILES.contains(name) ? OWN + name : null;
    }

    private void answer(HttpServerRequest request, BasePath base, @Nullable File file) {
        HttpServerResponse response = request.response();
        if (file == null) {
            Refusal.NO_SUCH_FILE.write(request, base);
            return;
        }
        if (response.closed() || response.ended()) {
            return;
        }
        response.putHeader("content-security-policy", CONTENT_SECURITY_POLICY)
                .putHeader("referrer-policy", "no-referrer")
                .putHeader("cross-origin-opener-policy", "same-origin")
                .putHeader("cache-control", "no-cache")
                .putHeader("etag", file.etag());
        if (file.etag().equals(request.getHeader("if-none-match"))) {
            response.setStatusCode(304).end();
            return;
        }
        response.putHeader("content-type", file.type());
        Answers.end(request, file.content());
    }

    private @Nullable File load(String resource) {
        try (InputStream in = Pages.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                LOG.error("{} is not on the class path", resource);
                return null;
            }
            byte[] content = in.readAllBytes();
            String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
            File file = new File(Buffer.buffer(content), String.valueOf(type), etag(content));
            files.put(resource, file);
            return file;
        } catch (IOException e) {
            LOG.error("{} cannot be read", resource, e);
            return null;
        }
    }

    private static String etag(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
