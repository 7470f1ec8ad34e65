package dev.holdfast.gateway.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the servers of a place show a renewed certificate without a restart: connections that are
 * open go on, new ones see it. One that cannot be used leaves the old one in force.
 */
public final class Certificates {
    /** Time between two looks at the files, in milliseconds. */
    static final long LOOK_MILLIS = 10_000;

    /** Most of a file that is looked at, in bytes. */
    private static final int MAX_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

    private final Vertx vertx;
    private final Tls tls;
    private final ServerSSLOptions options;
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    private Content inForce;
    private Content seen;
    private long timer = -1;

    /** What stands in the two files. */
    private record Content(String certificate, String key) {
        static Content of(Tls tls) throws IOException {
            return new Content(read(tls.certificate()), read(tls.key()));
        }

        private static String read(Path file) throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
            }
        }

        /** Never shows the key. */
        @Override
        public String toString() {
            return "Content";
        }
    }

    /**
     * @param options what the servers were made with
     * @throws UncheckedIOException if the files cannot be read
     */
    Certificates(Vertx vertx, Tls tls, HttpServerOptions options) {
        this.vertx = vertx;
        this.tls = tls;
        this.options = options.getSslOptions().copy();
        try {
            inForce = Content.of(tls);
            seen = inForce;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that shows it. */
    void shownBy(HttpServer server) {
        servers.add(server);
    }

    void start() {
        timer = vertx.setPeriodic(LOOK_MILLIS, _ -> look());
    }

    void stop() {
        vertx.cancelTimer(timer);
    }

    /**
     * Looks at the files; what has changed is taken when it is the same at the next look, since a
     * certificate and its key are written one after the other. The future brings whether a renewed
     * one is shown from now on.
     */
    Future<Boolean> look() {
        return vertx.executeBlocking(() -> Content.of(tls))
                .compose(this::found)
                .recover(
                        error -> {
                            LOG.warn(
                                    "the certificate {} cannot be renewed, the old one stays in"
                                            + " force: {}",
                                    tls.certificate(),
                                    error.getMessage());
                            return Future.succeededFuture(false);
                        });
    }

    private Future<Boolean> found(Content now) {
        boolean settled = now.equals(seen);
        seen = now;
        if (now.equals(inForce) || !settled) {
            return Future.succeededFuture(false);
        }
        inForce = now;
        return Future.all(
                        servers.stream()
                                .map(server -> server.updateSSLOptions(options.copy(), true))
                                .toList())
                .map(
                        _ -> {
                            LOG.info("the certificate {} was renewed", tls.certificate());
                            return true;
                        });
    }
}
