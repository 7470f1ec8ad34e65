package dev.holdfast.outbound.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has certificates that were renewed taken without a restart: looks at their files, and what has
 * changed is taken when it is the same at the next look, since a certificate and its key are
 * written one after the other. What cannot be used leaves the old ones in force.
 */
public final class RenewedFiles {
    /** Time between two looks at the files, in milliseconds. */
    static final long LOOK_MILLIS = 10_000;

    /** Most of a file that is looked at, in bytes. */
    private static final int MAX_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(RenewedFiles.class);

    private final Vertx vertx;
    private final List<Path> files;
    private final Supplier<Future<?>> take;
    private List<String> inForce;
    private List<String> seen;
    private long timer = -1;

    /**
     * @param files what is looked at; what stands in them now is in force
     * @param take takes what stands in them; fails if it cannot be used
     * @throws UncheckedIOException if a file cannot be read
     */
    public RenewedFiles(Vertx vertx, List<Path> files, Supplier<Future<?>> take) {
        this.vertx = vertx;
        this.files = List.copyOf(files);
        this.take = take;
        try {
            inForce = content();
            seen = inForce;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks at them again and again. */
    public void start() {
        timer = vertx.setPeriodic(LOOK_MILLIS, _ -> look());
    }

    /** Looks no more. */
    public void stop() {
        vertx.cancelTimer(timer);
    }

    /** Looks now; the future brings whether something else is in force from now on. */
    public Future<Boolean> look() {
        return vertx.executeBlocking(this::content)
                .compose(this::found)
                .recover(
                        error -> {
                            LOG.warn(
                                    "{} cannot be renewed, what was read before stays in force: {}",
                                    files,
                                    error.getMessage());
                            return Future.succeededFuture(false);
                        });
    }

    private Future<Boolean> found(List<String> now) {
        boolean settled = now.equals(seen);
        seen = now;
        if (now.equals(inForce) || !settled) {
            return Future.succeededFuture(false);
        }
        inForce = now;
        return take.get()
                .map(
                        _ -> {
                            LOG.info("{} renewed", files);
                            return true;
                        });
    }

    private List<String> content() throws IOException {
        List<String> content = new ArrayList<>();
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                content.add(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
            }
        }
        return content;
    }
}
