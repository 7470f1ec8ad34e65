package dev.holdfast.app.demo;

import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import dev.holdfast.simulator.receiver.SimulatedReceiver;
import dev.holdfast.simulator.receiver.WebhookVerifier;
import dev.holdfast.simulator.upstream.ApiKeyPair;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The unreliable world around the demo's gateway: signing API, rates API, trade feed, receiver. */
final class DemoWorld implements AutoCloseable {
    /** Settles which messages fail and for how long, so that each demo tells the same story. */
    private static final long SEED = 7;

    /** Messages on the trade feed. */
    private static final double FEED_PER_SECOND = 5;

    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private final Vertx vertx;
    private final ApiKeyPair signingKey = ApiKeyPair.seeded(SEED);
    private final SimulatedUpstream upstream;
    private final SimulatedRates rates;
    private final SimulatedFeed feed;
    private @Nullable SimulatedReceiver receiver;

    /**
     * Starts the signing API, the rates API and the trade feed; the first {@code speed} times
     * faster than the real one.
     */
    DemoWorld(Vertx vertx, double speed) {
        this.vertx = vertx;
        upstream =
                new SimulatedUpstream(vertx, SimulatedUpstream.Options.recorded(SEED).faster(speed))
                        .start();
        ReferenceRates history = ReferenceRates.load();
        InstantSource wall = InstantSource.system();
        SimulatedRates.Options figures = SimulatedRates.Options.recorded(history);
        rates =
                new SimulatedRates(
                                vertx,
                                figures.limits(figures.minute().faster(speed), figures.month()),
                                wall)
                        .start();
        feed =
                new SimulatedFeed(
                                vertx,
                                SimulatedFeed.Options.captured(history, SEED, FEED_PER_SECOND),
                                wall)
                        .start();
    }

    /** Starts the receiver, which verifies with what the gateway has published. */
    void receive(String secret, List<String> publicKeys) {
        var verifier = new WebhookVerifier(List.of(secret), publicKeys, TOLERANCE);
        receiver = new SimulatedReceiver(vertx, SimulatedReceiver.Options.of(verifier)).start();
    }

    URI upstreamUrl() {
        return URI.create("http://127.0.0.1:" + upstream.port());
    }

    URI hook() {
        return receiver().uri();
    }

    long upstreamFigure(String name) {
        return upstream.stats(false).getLong(name, 0L);
    }

    long receiverFigure(String name) {
        return receiver().stats(false).getLong(name, 0L);
    }

    URI ratesUrl() {
        return rates.uri();
    }

    URI feedUrl() {
        return feed.uri();
    }

    long feedFigure(String name) {
        return feed.stats().getLong(name, 0L);
    }

    boolean verifies(String message, String signature) {
        return signingKey.verifies(message, signature);
    }

    private SimulatedReceiver receiver() {
        if (receiver == null) {
            throw new IllegalStateException("the receiver has not started");
        }
        return receiver;
    }

    @Override
    public void close() {
        if (receiver != null) {
            receiver.close();
        }
        feed.close();
        rates.close();
        upstream.close();
    }
}
