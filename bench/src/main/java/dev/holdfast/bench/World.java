package dev.holdfast.bench;

import dev.holdfast.simulator.SimulatedReceiver;
import dev.holdfast.simulator.SimulatedUpstream;
import dev.holdfast.simulator.WebhookVerifier;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A gateway in its own process, a simulated upstream and a verifying receiver, and a caller. */
final class World implements AutoCloseable {
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final int AT_ONCE = 50;

    final SimulatedUpstream upstream;
    final Gateway gateway;
    final Caller caller;
    final SimulatedReceiver receiver;

    /** By the clock of {@link System#nanoTime}: what the upstream counts its times from. */
    final long upstreamStart;

    /** Starts all of it; {@code yaml} makes the configuration for the upstream. */
    World(
            Vertx vertx,
            Path folder,
            SimulatedUpstream.Options options,
            Function<SimulatedUpstream, String> yaml)
            throws Exception {
        upstreamStart = System.nanoTime();
        upstream = new SimulatedUpstream(vertx, options).start();
        gateway = Gateway.start(folder, yaml.apply(upstream));
        caller = new Caller(gateway.port());
        var verifier = new WebhookVerifier(caller.webhookSecrets(), List.of(), TOLERANCE);
        receiver = new SimulatedReceiver(vertx, SimulatedReceiver.Options.of(verifier)).start();
    }

    /** Asks so many times by the route {@code /warm}. */
    void warmUp(int asks) {
        for (int i = 0; i < asks; i += AT_ONCE) {
            List<CompletableFuture<Caller.Reply>> replies = new ArrayList<>();
            for (int j = i; j < i + AT_ONCE; j++) {
                replies.add(caller.send("GET", "/warm?message=" + j));
            }
            replies.forEach(CompletableFuture::join);
        }
    }

    /** A webhook's address of its own. */
    String hook(int number) {
        return receiver.uri() + "?n=" + number;
    }

    long upstreamFigure(String name) {
        return upstream.stats(false).getLong(name, 0L);
    }

    long receiverFigure(String name) {
        return receiver.stats(false).getLong(name, 0L);
    }

    @Override
    public void close() throws IOException {
        caller.close();
        gateway.close();
        receiver.close();
        upstream.close();
    }
}
