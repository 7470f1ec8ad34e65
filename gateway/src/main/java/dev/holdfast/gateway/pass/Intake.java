package dev.holdfast.gateway.pass;

import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Problem;
import dev.holdfast.request.Body;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Takes a request's body in: a large one goes to the store while it comes. */
public final class Intake {
    /** When asking again may help while too much is kept. */
    private static final Duration KEEPING_RETRY = Duration.ofMinutes(1);

    /** Of a length that a long holds. */
    private static final int MAX_DIGITS = 18;

    private final Bodies bodies;
    private final Contents contents;

    public Intake(Bodies bodies, Contents contents) {
        this.bodies = bodies;
        this.contents = contents;
    }

    /**
     * What came.
     *
     * @param digest tells it from others: its SHA-256
     * @param whole false if there was no room to keep it
     */
    public record Taken(Body body, String digest, boolean whole) {}

    /**
     * Reads the body and goes on with it; one that is too large or too slow is refused. A large one
     * of a client that may not ask for more is refused before it is taken in. With an
     * Idempotency-Key the answer may be known: then it is read for its digest, and not kept for
     * lack of room.
     *
     * @param keyed whether it has an Idempotency-Key
     */
    public void take(Exchange exchange, long maxBytes, boolean keyed, Consumer<Taken> then) {
        Reading reading = new Reading(exchange, keyed, then);
        String length = exchange.header(HttpHeaders.CONTENT_LENGTH);
        // Refused by its head alone, before a caller who waits for 100 (Continue) sends any of it.
        if (length != null
                && length.length() <= MAX_DIGITS
                && Long.parseLong(length) > Body.MAX_INLINE_BYTES
                && !reading.mayKeep()) {
            return;
        }
        bodies.stream(exchange, maxBytes, Contents.CHUNK_BYTES, reading);
    }

    private final class Reading implements Bodies.Sink {
        private final Exchange exchange;
        private final Consumer<Taken> then;
        private final MessageDigest digest = sha256();
        private final boolean keyed;
        private final int client;
        private final Collecting all;

        /** Of one that is not kept, in bytes. */
        private long unkept;

        Reading(Exchange exchange, boolean keyed, Consumer<Taken> then) {
            this.exchange = exchange;
            this.keyed = keyed;
            this.then = then;
            Caller caller = exchange.caller();
            client = caller.client();
            int maxPending = keyed ? Integer.MAX_VALUE : caller.maxPending();
            all =
                    new Collecting(
                            contents, new Contents.Owner(client, maxPending), UUID.randomUUID());
        }

        /** Whether more of a large one is read; if not, the problem was answered. */
        boolean mayKeep() {
            Contents.Room room = contents.room(client);
            if (room == Contents.Room.ENOUGH || keyed) {
                return true;
            }
            exchange.problem(
                    room == Contents.Room.CLIENT_FULL
                            ? Problem.tooMuchKept(KEEPING_RETRY)
                            : Problem.storeFull(KEEPING_RETRY));
            return false;
        }

        @Override
        public CompletionStage<Void> take(Buffer part) {
            byte[] bytes = part.getBytes();
            digest.update(bytes);
            if (unkept == 0 && all.size() + bytes.length <= Body.MAX_INLINE_BYTES) {
                return all.add(bytes);
            }
            if (unkept > 0 || contents.room(client) != Contents.Room.ENOUGH) {
                return forget(bytes.length);
            }
            return all.add(bytes);
        }

        private CompletionStage<Void> forget(int bytes) {
            if (mayKeep()) {
                unkept = (unkept == 0 ? all.size() : unkept) + bytes;
            }
            all.drop();
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void end() {
            String sum = HexFormat.of().formatHex(digest.digest());
            if (unkept > 0) {
                Body nowhere = new Body.Kept(UUID.randomUUID(), unkept);
                then.accept(new Taken(nowhere, "sha256:" + sum, false));
                return;
            }
            // What it was answered meanwhile is nobody's.
            CompletionStage<Body> kept = all.end();
            exchange.when(
                    kept.whenComplete(
                            (_, _) -> {
                                if (exchange.isAnswered()) {
                                    all.drop();
                                }
                            }),
                    body -> then.accept(new Taken(body, "sha256:" + sum, true)));
        }

        @Override
        public void broken() {
            all.drop();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
