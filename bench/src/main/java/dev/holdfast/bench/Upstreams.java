package dev.holdfast.bench;

import dev.holdfast.simulator.SimulatedUpstream;

/** Configurations of the upstream that benchmarks use. */
final class Upstreams {
    /** The key of the one client; good for a gateway that lives as long as the measurement. */
    static final String KEY = "only-for-measurements";

    /** The one client, and where its webhooks may go. */
    static final String CALLER =
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
    static String plenty(SimulatedUpstream upstream) {
        return at(upstream.port(), "[ { limit: 1000000, window: 1s } ]", 64);
    }

    /** One whose quota is used up by the first ask: all others are queued. */
    static String full(SimulatedUpstream upstream) {
        return at(upstream.port(), "[ { limit: 1, window: 24h } ]", 1);
    }

    /** One on this port. */
    static String at(int port, String quota, int concurrency) {
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
