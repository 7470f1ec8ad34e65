package dev.holdfast.bench.kit;

import dev.holdfast.simulator.upstream.SimulatedUpstream;

/** Configurations of the upstream that benchmarks use. */
public final class Upstreams {
    /** The key of the one client; good for a gateway that lives as long as the measurement. */
    public static final String KEY = "only-for-measurements";

    /** The one client, and where its webhooks may go. */
    public static final String CALLER =
            """
            clients:
              - name: bench
                key: %s
                max-pending: 100000000
                admin: true
            webhooks: { allow-networks: [127.0.0.0/8] }
            """
                    .formatted(KEY);

    private Upstreams() {}

    /** One that may be called without limit. */
    public static String plenty(SimulatedUpstream upstream) {
        return at(upstream.port(), "[ { limit: 1000000, window: 1s } ]", 64);
    }

    /** One whose quota is used up by the first ask: all others are queued. */
    public static String full(SimulatedUpstream upstream) {
        return at(upstream.port(), "[ { limit: 1, window: 24h } ]", 1);
    }

    /** One on this port. */
    public static String at(int port, String quota, int concurrency) {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%d
            headers: { Authorization: simulated }
            quota: %s
            concurrency: %d
        %s"""
                .formatted(port, quota, concurrency, CALLER);
    }
}
