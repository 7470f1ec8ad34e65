package dev.holdfast.gateway.console;

import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
    private static final String LIT = "META-INF/resources/webjars/lit-html/3.3.2/";
    static final String PAGE = "index.html";

    private static final Problem NO_SUCH_FILE = Problem.notFound("such path");

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
                    "parts/bulk.js",
                    "parts/partitions.js",
                    "parts/users.js",
                    "parts/chart.js",
                    "parts/dialogs.js",
                    "parts/frame.js",
                    "parts/list.js",
                    "parts/pieces.js",
                    "parts/preview.js",
                    "parts/reasons.js",
                    "parts/slots.js",
                    "parts/story.js",
                    "views/audit.js",
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

    private final Executor readers;
    private final Map<String, File> files = new ConcurrentHashMap<>();

    private record File(Buffer content, String type, String etag) {}

    Pages(Executor readers) {
        this.readers = readers;
    }

    /** Answers with a file. */
    void send(Exchange exchange, String name) {
        String resource = resource(name);
        File known = resource == null ? null : files.get(resource);
        if (resource == null) {
            exchange.problem(NO_SUCH_FILE);
        } else if (known != null) {
            answer(exchange, known);
        } else {
            exchange.when(
                    CompletableFuture.supplyAsync(() -> load(resource), readers),
                    file -> answer(exchange, file));
        }
    }

    /** Where a file is on the class path, or null if there is none of this name. */
    private static @Nullable String resource(String name) {
        if (name.startsWith("lit/")) {
            String lit = name.substring("lit/".length());
            return LIT_FILES.contains(lit) ? LIT + lit : null;
        }
        return OWN_FILES.contains(name) ? OWN + name : null;
    }

    private static void answer(Exchange exchange, @Nullable File file) {
        if (file == null) {
            exchange.problem(NO_SUCH_FILE);
            return;
        }
        exchange.response()
                .putHeader(Headers.NO_SNIFF_NAME, Headers.NO_SNIFF)
                .putHeader(Headers.CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
                .putHeader("referrer-policy", "no-referrer")
                .putHeader("cross-origin-opener-policy", "same-origin")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.ETAG, file.etag());
        if (file.etag().equals(exchange.header(HttpHeaders.IF_NONE_MATCH))) {
            exchange.send(304);
        } else {
            exchange.send(200, file.type(), file.content());
        }
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
