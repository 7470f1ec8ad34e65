package dev.holdfast.outbound;

import dev.holdfast.outbound.http.RenewedFiles;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.ClientSSLOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has a client's new connections go by renewed files of an {@link OutboundTls}, without a restart.
 * Safe for many threads.
 */
public final class TlsRenewal implements AutoCloseable {
    private final @Nullable RenewedFiles files;

    /**
     * Looks from now on, if there are files.
     *
     * @param options makes the client's options anew; blocks
     * @param update gives them to the client
     */
    public TlsRenewal(
            Vertx vertx,
            OutboundTls tls,
            Supplier<? extends ClientOptionsBase> options,
            Function<ClientSSLOptions, Future<?>> update) {
        List<Path> looked =
                Stream.of(tls.ca(), tls.certificate(), tls.key()).filter(Objects::nonNull).toList();
        files =
                looked.isEmpty()
                        ? null
                        : new RenewedFiles(
                                vertx,
                                looked,
                                () ->
                                        vertx.executeBlocking(() -> options.get().getSslOptions())
                                                .compose(update::apply));
        if (files != null) {
            files.start();
        }
    }

    /** Looks now; the future brings whether something else is in force from now on. */
    public Future<Boolean> look() {
        return files == null ? Future.succeededFuture(false) : files.look();
    }

    @Override
    public void close() {
        if (files != null) {
            files.stop();
        }
    }
}
