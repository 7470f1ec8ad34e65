package dev.holdfast.gateway;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Shows the listener's figures on {@code /metrics}; each {@link Endpoint} times its answers. */
final class GatewayMeters {
    private GatewayMeters() {}

    static void bind(MeterRegistry registry, Holds holds, Peers peers) {
        Gauge.builder("holdfast.http.held", holds, Holds::count)
                .description("Answers being held: long polls and event streams")
                .register(registry);
        Gauge.builder("holdfast.http.connections", peers, Peers::count)
                .description("Open connections")
                .register(registry);
        FunctionCounter.builder("holdfast.http.connections.refused", peers, Peers::refused)
                .description("Connections closed at once, one over server.max-connections each")
                .register(registry);
        FunctionCounter.builder("holdfast.http.connections.slow", peers, Peers::slow)
                .description("Connections closed since a request came too slowly")
                .register(registry);
    }
}
