package dev.holdfast.gateway.pass;

import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.request.Body;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Takes a request's body in: a large one goes to the store while it comes. */
public final class Intake {
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
     */
    public record Taken(Body body, String digest) {
        /** Forgets what was kept of it. */
        void drop(Contents contents) {
            if (body instanceof Body.Kept kept) {
                var _ = contents.drop(kept.id());
            }
        }
    }

    /** Reads the body and goes on with it; one that is too large or too slow is refused. */
    public void take(Exchange exchange, long maxBytes, Consumer<Taken> then) {
        bodies.stream(exchange, maxBytes, Contents.CHUNK_BYTES, new Reading(exchange, then));
    }

    private final class Reading implements Bodies.Sink {
        private final Exchange exchange;
        private final Consumer<Taken> then;
        private final MessageDigest digest = sha256();
        private final Collecting all = new Collecting(contents, UUID.randomUUID());

        Reading(Exchange exchange, Consumer<Taken> then) {
            this.exchange = exchange;
            this.then = then;
        }

        @Override
        public CompletionStage<Void> take(Buffer part) {
            byte[] bytes = part.getBytes();
            digest.update(bytes);
            return all.add(bytes);
        }

        @Override
        public void end() {
            String sum = HexFormat.of().formatHex(digest.digest());
            // What it was answered meanwhile is nobody's.
            CompletionStage<Body> kept = all.end();
            exchange.when(
                    kept.whenComplete(
                            (_, _) -> {
                                if (exchange.isAnswered()) {
                                    all.drop();
                                }
                            }),
                    body -> then.accept(new Taken(body, "sha256:" + sum)));
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
