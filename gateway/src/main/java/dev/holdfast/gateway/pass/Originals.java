package dev.holdfast.gateway.pass;

import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Headers;
import dev.holdfast.request.Body;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.Original;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes answers as they came; a large one is read from the store while it goes out. */
public final class Originals {
    /** What one large answer has in memory, in bytes: a piece that is read, one that is sent. */
    static final int IN_HAND_BYTES = 2 * Contents.CHUNK_BYTES;

    /** How long a store that cannot read is asked again while an answer goes out. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(Originals.class);
    private static final String CONTENT_LENGTH = "content-length";
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    private final Vertx vertx;
    private final Contents contents;

    public Originals(Vertx vertx, Contents contents) {
        this.vertx = vertx;
        this.contents = contents;
    }

    /**
     * A part of a body.
     *
     * @param from its first byte
     * @param bytes how many
     */
    record Part(Body body, long from, long bytes) {
        static Part whole(Body body) {
            return new Part(body, 0, body.size());
        }
    }

    /**
     * Answers with all of it; headers that were set before stay, unless it has them too. No browser
     * runs it: it would be a page of the console's origin. A HEAD is told the length that a GET
     * would have been, as far as the upstream said one (RFC 9110, section 8.6).
     */
    public void send(Exchange exchange, int status, Original original) {
        if (!hold(exchange, original.body()) || !exchange.begin(status, null)) {
            return;
        }
        MultiMap headers = exchange.response().headers();
        Set<String> seen = new HashSet<>();
        for (HeaderLine line : original.headers()) {
            if (line.name().equals(CONTENT_LENGTH)) {
                continue;
            }
            if (seen.add(line.name())) {
                headers.set(line.name(), line.value());
            } else {
                headers.add(line.name(), line.value());
            }
        }
        confine(exchange.response());
        String told = original.header(CONTENT_LENGTH);
        if (isHead(exchange)) {
            if (told != null && !isBare(status)) {
                headers.set(HttpHeaders.CONTENT_LENGTH, told);
            }
            end(exchange);
        } else {
            write(exchange, status, Part.whole(original.body()));
        }
    }

    /** Answers with a text, which is kept as UTF-8. */
    public void sendText(Exchange exchange, int status, Body text) {
        send(exchange, status, Headers.TEXT.toString(), Part.whole(text));
    }

    /** Has no browser run what it gets, or take it for something else. */
    static void confine(HttpServerResponse response) {
        response.putHeader(Headers.CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")
                .putHeader(Headers.NO_SNIFF_NAME, Headers.NO_SNIFF);
    }

    private static boolean isHead(Exchange exchange) {
        return exchange.request().method().equals(HttpMethod.HEAD);
    }

    private static boolean isBare(int status) {
        return status == NO_CONTENT || status == NOT_MODIFIED;
    }

    private static void end(Exchange exchange) {
        exchange.response().end();
        exchange.finished(System.nanoTime());
    }

    /** Answers with a part of it; its headers were set before. */
    void send(Exchange exchange, int status, @Nullable String type, Part part) {
        if (hold(exchange, part.body()) && exchange.begin(status, type)) {
            write(exchange, status, part);
        }
    }

    private static boolean hold(Exchange exchange, Body body) {
        return !(body instanceof Body.Kept) || exchange.hold(IN_HAND_BYTES);
    }

    private void write(Exchange exchange, int status, Part part) {
        HttpServerResponse response = exchange.response();
        if (!isBare(status)) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(part.bytes()));
        }
        if (isHead(exchange) || isBare(status) || part.bytes() == 0) {
            end(exchange);
            return;
        }
        switch (part.body()) {
            case Body.Inline(byte[] bytes) -> {
                int from = (int) part.from();
                byte[] sent = Arrays.copyOfRange(bytes, from, from + (int) part.bytes());
                if (exchange.leave(sent.length)) {
                    response.end(Buffer.buffer(sent));
                    exchange.finished(System.nanoTime());
                } else {
                    exchange.breakOff();
                }
            }
            case Body.Kept kept -> {
                response.exceptionHandler(_ -> {});
                new Stream(exchange, kept, part).start();
            }
        }
    }

    /** One that goes out piece by piece, as fast as it is taken. */
    private final class Stream {
        private final Exchange exchange;
        private final Body.Kept body;
        private final Part part;
        private final Context loop = vertx.getOrCreateContext();

        Stream(Exchange exchange, Body.Kept body, Part part) {
            this.exchange = exchange;
            this.body = body;
            this.part = part;
        }

        void start() {
            Thread.startVirtualThread(this::run);
        }

        private void run() {
            try {
                long at = part.from();
                long end = part.from() + part.bytes();
                while (at < end) {
                    int number = (int) (at / Contents.CHUNK_BYTES);
                    int skip = (int) (at % Contents.CHUNK_BYTES);
                    byte[] piece = read(number);
                    if (piece == null || piece.length <= skip) {
                        throw new IOException("a piece of " + body.id() + " is missing");
                    }
                    int count = (int) Math.min(piece.length - skip, end - at);
                    at += count;
                    sent(Buffer.buffer(Arrays.copyOfRange(piece, skip, skip + count)));
                }
                loop.runOnContext(_ -> end());
            } catch (ExecutionException gone) {
                loop.runOnContext(_ -> exchange.finished(System.nanoTime()));
            } catch (IOException | StoreUnavailable e) {
                LOG.warn("an answer was cut off: {}", e.getMessage());
                // Its length was told: whoever reads it sees that there is less.
                loop.runOnContext(_ -> exchange.breakOff());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private byte @Nullable [] read(int number) throws InterruptedException {
            long until = System.nanoTime() + PATIENCE.toNanos();
            return contents.chunk(
                    body.id(),
                    number,
                    () -> !exchange.response().closed() && System.nanoTime() - until < 0);
        }

        private void sent(Buffer piece) throws ExecutionException, InterruptedException {
            CompletableFuture<Void> sent = new CompletableFuture<>();
            loop.runOnContext(
                    _ -> {
                        HttpServerResponse response = exchange.response();
                        if (response.closed() || response.ended()) {
                            sent.completeExceptionally(new IOException("nobody reads it"));
                            return;
                        }
                        var _ =
                                response.write(piece)
                                        .onSuccess(sent::complete)
                                        .onFailure(sent::completeExceptionally);
                    });
            sent.get();
        }

        private void end() {
            if (!exchange.response().closed()) {
                exchange.response().end();
            }
            exchange.finished(System.nanoTime());
        }
    }
}
