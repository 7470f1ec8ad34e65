package dev.holdfast.bench.chaos;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.network.Relay;
import dev.holdfast.simulator.receiver.SimulatedReceiver;
import dev.holdfast.simulator.receiver.WebhookVerifier;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replicas in processes of their own, on one real PostgreSQL that they reach through a relay, with
 * the simulated signing API and a verifying receiver.
 */
final class ChaosWorld implements AutoCloseable {
    /** Calls a second. */
    static final int QUOTA = 10;

    static final Duration WINDOW = Duration.ofSeconds(1);

    /** A few messages fail for a while, so that there are retries as well. */
    private static final double FAILURE_SHARE = 0.05;

    private static final Duration SOONEST = Duration.ofSeconds(1);
    private static final Duration LATEST = Duration.ofSeconds(3);

    /** Less than the replicas' clocks are apart: their webhooks tell the database's time. */
    private static final Duration TOLERANCE = Duration.ofSeconds(30);

    final Database database;
    final Relay relay;
    final SimulatedUpstream upstream;
    final List<GatewayProcess> replicas = new ArrayList<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private @Nullable SimulatedReceiver receiver;

    private ChaosWorld(Vertx vertx, Path folder, long seed) throws IOException, SQLException {
        database = kept(new Database(folder.resolve("database")));
        relay = kept(new Relay(database.port()));
        upstream = kept(new SimulatedUpstream(vertx, api(seed)).start());
    }

    /** Starts all of it; one replica for each environment. */
    static ChaosWorld start(
            Vertx vertx, Path folder, long seed, List<Map<String, String>> environments)
            throws IOException, SQLException {
        ChaosWorld world = new ChaosWorld(vertx, folder, seed);
        try {
            for (Map<String, String> environment : environments) {
                world.add(folder.resolve("replica-" + world.replicas.size()), environment);
            }
            world.receive(vertx);
            return world;
        } catch (IOException | RuntimeException e) {
            world.close();
            throw e;
        }
    }

    private void add(Path folder, Map<String, String> environment) throws IOException {
        replicas.add(
                kept(
                        GatewayProcess.start(
                                folder, Database.url(relay.port()), environment, yaml())));
    }

    private void receive(Vertx vertx) throws IOException {
        try (BenchCaller caller = new BenchCaller(replicas.getFirst().port())) {
            var verifier = new WebhookVerifier(caller.webhookSecrets(), List.of(), TOLERANCE);
            var options = SimulatedReceiver.Options.of(verifier);
            receiver = kept(new SimulatedReceiver(vertx, options).start());
        }
    }

    SimulatedReceiver receiver() {
        if (receiver == null) {
            throw new IllegalStateException("nothing is received yet");
        }
        return receiver;
    }

    private static SimulatedUpstream.Options api(long seed) {
        return SimulatedUpstream.Options.recorded(seed)
                .limit(new Limit(QUOTA, WINDOW, true, false))
                .degradation(new Degradation(seed, FAILURE_SHARE, SOONEST, LATEST))
                .latency(Latency.RECORDED);
    }

    private String yaml() {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%d
            headers: { Authorization: simulated }
            quota: [ { limit: %d, window: %dms } ]
            concurrency: 10
            timeout: 5s
            retry: { backoff: exponential, first: 1s, max: 5s, jitter: 0.2 }
        %s\
        """
                .formatted(upstream.port(), QUOTA, WINDOW.toMillis(), Upstreams.CALLER);
    }

    private <T extends AutoCloseable> T kept(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public void close() throws IOException {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new IOException("a part did not stop", e);
            }
        }
    }
}
