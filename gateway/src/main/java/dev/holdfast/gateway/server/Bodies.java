package dev.holdfast.gateway.server;

import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads request bodies: never more than is allowed, never longer than a caller may take. */
public final class Bodies {
    /** What a body may be. */
    public enum Form {
        JSON,
        URL_ENCODED,
        /** No body and no content type. */
        NONE
    }

    /** How often a body is in memory: as it came, as bytes, and as what was read of it. */
    private static final int COPIES = 3;

    /**
     * Of a body that is streamed, so much has to come within the time for a body; what is made of
     * it takes none of that time.
     */
    private static final long PROGRESS_BYTES = 1 << 20;

    private final Vertx vertx;
    private final Duration within;

    /**
     * @param within time that a caller may take to send a body
     */
    public Bodies(Vertx vertx, Duration within) {
        this.vertx = vertx;
        this.within = within;
    }

    /** The form that the headers announce, or null after a problem was answered. */
    public static @Nullable Form form(Exchange exchange) {
        HttpServerRequest request = exchange.request();
        List<String> types = request.headers().getAll(HttpHeaders.CONTENT_TYPE);
        if (types.size() > 1) {
            Mistakes mistakes = new Mistakes();
            mistakes.add("Content-Type", "send one, not " + types.size());
            exchange.problem(mistakes.problem());
            return null;
        }
        if (types.isEmpty()) {
            if (!AnnouncedBody.isIn(request)) {
                return Form.NONE;
            }
            exchange.problem(unsupported());
            return null;
        }
        Form form = form(types.getFirst());
        boolean encoded = request.headers().contains(HttpHeaders.CONTENT_ENCODING);
        if (form == null || encoded) {
            exchange.problem(unsupported());
            return null;
        }
        return form;
    }

    private static @Nullable Form form(String contentType) {
        String[] parts = contentType.split(";", -1);
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip().toLowerCase(java.util.Locale.ROOT);
            boolean charset = parameter.startsWith("charset=");
            if (charset && !parameter.replace("\"", "").equals("charset=utf-8")) {
                return null;
            }
        }
        return switch (parts[0].strip().toLowerCase(java.util.Locale.ROOT)) {
            case "application/json" -> Form.JSON;
            case "application/x-www-form-urlencoded" -> Form.URL_ENCODED;
            default -> null;
        };
    }

    private static Problem unsupported() {
        return new Problem.Plain(
                Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
                "Send application/json or application/x-www-form-urlencoded, in UTF-8 and not"
                        + " compressed.");
    }

    private static Problem tooLarge(long maxBytes) {
        return new Problem.Plain(
                Problem.Kind.CONTENT_TOO_LARGE, "Send a body of at most " + maxBytes + " bytes.");
    }

    /** Whether the announced length is over {@code maxBytes}; then the problem was answered. */
    static boolean refusedByLength(Exchange exchange, long maxBytes) {
        String length = exchange.header(HttpHeaders.CONTENT_LENGTH);
        if (length == null || (length.length() <= 18 && Long.parseLong(length) <= maxBytes)) {
            return false;
        }
        exchange.problem(tooLarge(maxBytes));
        return true;
    }

    /**
     * Reads the body and goes on with it; a caller that is too slow or sends too much is refused.
     */
    public void read(Exchange exchange, long maxBytes, Consumer<byte[]> then) {
        if (refusedByLength(exchange, maxBytes)) {
            return;
        }
        HttpServerRequest request = exchange.request();
        String expect = exchange.header(HttpHeaders.EXPECT);
        if (expect != null && expect.equalsIgnoreCase("100-continue")) {
            exchange.response().writeContinue();
        }
        long timer = vertx.setTimer(within.toMillis(), _ -> exchange.problem(tooSlow()));
        Buffer body = Buffer.buffer();
        request.exceptionHandler(
                error -> {
                    vertx.cancelTimer(timer);
                    exchange.bodyFailed(error);
                });
        request.handler(
                part -> {
                    if (exchange.isAnswered()) {
                        return;
                    }
                    if (body.length() + (long) part.length() > maxBytes) {
                        vertx.cancelTimer(timer);
                        exchange.problem(tooLarge(maxBytes));
                    } else if (exchange.hold(COPIES * (long) part.length())) {
                        body.appendBuffer(part);
                    } else {
                        vertx.cancelTimer(timer);
                    }
                });
        request.endHandler(
                _ -> {
                    vertx.cancelTimer(timer);
                    exchange.bodyWasRead();
                    if (!exchange.isAnswered()) {
                        exchange.guarded(() -> then.accept(body.getBytes()));
                    }
                });
    }

    /** Takes a body as it comes; on the exchange's event loop. */
    public interface Sink {
        /** Completes when more may come; exceptionally if it cannot be kept. */
        CompletionStage<Void> take(Buffer part);

        /** That was all of it. */
        void end();

        /** The rest does not come, or is not wanted. */
        void broken();
    }

    /** Reads the body into a sink, no faster than that takes it; has two pieces in memory. */
    public void stream(Exchange exchange, long maxBytes, int pieceBytes, Sink sink) {
        if (refusedByLength(exchange, maxBytes)) {
            return;
        }
        if (AnnouncedBody.isIn(exchange.request()) && !exchange.hold(2L * pieceBytes)) {
            return;
        }
        String expect = exchange.header(HttpHeaders.EXPECT);
        if (expect != null && expect.equalsIgnoreCase("100-continue")) {
            exchange.response().writeContinue();
        }
        new Streaming(exchange, maxBytes, sink).start();
    }

    /** One that is read so. */
    private final class Streaming {
        private final Exchange exchange;
        private final long maxBytes;
        private final Sink sink;
        private final HttpServerRequest request;
        private long bytes;
        private long timer;
        private long leftNanos;
        private long sinceNanos;
        private boolean over;

        Streaming(Exchange exchange, long maxBytes, Sink sink) {
            this.exchange = exchange;
            this.maxBytes = maxBytes;
            this.sink = sink;
            this.request = exchange.request();
        }

        void start() {
            again();
            request.exceptionHandler(
                    error -> {
                        drop();
                        exchange.bodyFailed(error);
                    });
            request.handler(this::part);
            request.endHandler(_ -> end());
        }

        private void again() {
            vertx.cancelTimer(timer);
            leftNanos = within.toNanos();
            await();
        }

        /** Its caller's time goes on. */
        private void await() {
            sinceNanos = System.nanoTime();
            long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos));
            timer = vertx.setTimer(millis, _ -> refuse(tooSlow()));
        }

        /** Its caller waits for us, and not for ever, whether or not the sink sees to that. */
        private void callerWaits() {
            vertx.cancelTimer(timer);
            leftNanos -= System.nanoTime() - sinceNanos;
            if (!exchange.isGuarded()) {
                exchange.guardFromNow(within.toMillis(), Problem::storeSilent);
            }
            request.pause();
        }

        private void part(Buffer part) {
            if (over) {
                return;
            }
            if (exchange.isAnswered()) {
                drop();
                return;
            }
            long before = bytes;
            bytes += part.length();
            if (bytes > maxBytes) {
                refuse(tooLarge(maxBytes));
                return;
            }
            if (before / PROGRESS_BYTES != bytes / PROGRESS_BYTES) {
                again();
            }
            CompletableFuture<Void> room = sink.take(part).toCompletableFuture();
            if (!room.isDone() || room.isCompletedExceptionally()) {
                callerWaits();
                Context loop = exchange.loop();
                var _ = room.whenComplete((_, error) -> loop.runOnContext(_ -> on(error)));
            }
        }

        private void on(@Nullable Throwable error) {
            if (error != null && !over) {
                drop();
                exchange.failed(error);
            }
            if (!over) {
                exchange.guardOff();
                await();
            }
            request.resume();
        }

        private void end() {
            vertx.cancelTimer(timer);
            exchange.bodyWasRead();
            if (exchange.isAnswered()) {
                drop();
            } else if (!over) {
                over = true;
                exchange.guarded(sink::end);
            }
        }

        private void refuse(Problem problem) {
            drop();
            exchange.problem(problem);
        }

        private void drop() {
            vertx.cancelTimer(timer);
            if (!over) {
                over = true;
                sink.broken();
            }
        }
    }

    private Problem tooSlow() {
        return new Problem.Plain(
                Problem.Kind.REQUEST_TIMEOUT, "Send the body within " + within.toMillis() + " ms.");
    }
}
