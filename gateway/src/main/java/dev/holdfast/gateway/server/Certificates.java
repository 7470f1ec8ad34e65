package dev.holdfast.gateway.server;

import dev.holdfast.outbound.http.RenewedFiles;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Has the servers of a place show a renewed certificate without a restart: connections that are
 * open go on, new ones see it. One that cannot be used leaves the old one in force.
 */
public final class Certificates {
    private final ServerSSLOptions options;
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    private final RenewedFiles files;

    /**
     * @param options what the servers were made with
     * @throws UncheckedIOException if the files cannot be read
     */
    Certificates(Vertx vertx, Tls tls, HttpServerOptions options) {
        this.options = options.getSslOptions().copy();
        files = new RenewedFiles(vertx, List.of(tls.certificate(), tls.key()), this::show);
    }

    /** A server that shows it. */
    void shownBy(HttpServer server) {
        servers.add(server);
    }

    void start() {
        files.start();
    }

    void stop() {
        files.stop();
    }

    /** Looks at the files now; see {@link RenewedFiles#look}. */
    Future<Boolean> look() {
        return files.look();
    }

    private Future<?> show() {
        return Future.all(
                servers.stream()
                        .map(server -> server.updateSSLOptions(options.copy(), true))
                        .toList());
    }
}
