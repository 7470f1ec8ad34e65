package dev.holdfast.bench.kit;

import dev.holdfast.simulator.receiver.SimulatedReceiver;
import dev.holdfast.simulator.receiver.WebhookVerifier;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A gateway in its own process, a simulated upstream and a verifying receiver, and a caller. */
public final class BesideWorld implements AutoCloseable {
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final int AT_ONCE = 50;

    public final SimulatedUpstream upstream;
    public final GatewayProcess gateway;
    public final BenchCaller caller;
    public final SimulatedReceiver receiver;

    /** By the clock of {@link System#nanoTime}: what the upstream counts its times from. */
    public final long upstreamStart;

    /** Starts all of it; {@code yaml} makes the configuration for the upstream. */
    public BesideWorld(
            Vertx vertx,
            Path folder,
            SimulatedUpstream.Options options,
            Function<SimulatedUpstream, String> yaml)
            throws Exception {
        upstreamStart = System.nanoTime();
        upstream = new SimulatedUpstream(vertx, options).start();
        gateway = GatewayProcess.start(folder, yaml.apply(upstream));
        caller = new BenchCaller(gateway.port());
        var verifier = new WebhookVerifier(caller.webhookSecrets(), List.of(), TOLERANCE);
        receiver = new SimulatedReceiver(vertx, SimulatedReceiver.Options.of(verifier)).start();
    }

    /** Asks so many times by the route {@code /warm}. */
    public void warmUp(int asks) {
        for (int i = 0; i < asks; i += AT_ONCE) {
            List<CompletableFuture<BenchCaller.Reply>> replies = new ArrayList<>();
            for (int j = i; j < i + AT_ONCE; j++) {
                replies.add(caller.send("GET", "/warm?message=" + j));
            }
            replies.forEach(CompletableFuture::join);
        }
    }

    /** A webhook's address of its own. */
    public String hook(int number) {
        return receiver.uri() + "?n=" + number;
    }

    public long upstreamFigure(String name) {
        return upstream.stats(false).getLong(name, 0L);
    }

    public long receiverFigure(String name) {
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
