package dev.holdfast.gateway;

import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.wire.Lines;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Shows the listener's figures on {@code /metrics}; each {@link Endpoint} times its answers. */
final class GatewayMeters {
    private GatewayMeters() {}

    static void bind(MeterRegistry registry, Holds holds, Lines lines) {
        Gauge.builder("holdfast.http.held", holds, Holds::count)
                .description("Answers being held: long polls and event streams")
                .register(registry);
        Gauge.builder("holdfast.http.connections", lines, Lines::count)
                .description("Open connections")
                .register(registry);
        refused(registry, lines, "places", Lines::noPlace);
        refused(registry, lines, "address", Lines::noPlaceForAddress);
        refused(registry, lines, "memory", Lines::noMemory);
        FunctionCounter.builder("holdfast.http.connections.slow", lines, Lines::slow)
                .description("Connections closed since a request came too slowly")
                .register(registry);
        FunctionCounter.builder("holdfast.http.connections.deaf", lines, Lines::deaf)
                .description("Connections closed since they took no answer")
                .register(registry);
        Gauge.builder("holdfast.http.in.hand", lines, Lines::inHandBytes)
                .description("What connections make the gateway keep in memory")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("holdfast.http.in.hand.limit", lines, Lines::inHandLimitBytes)
                .description("What they may make it keep")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder("holdfast.http.overloads", lines, Lines::overloads)
                .description("Requests refused, or their connections closed, for want of memory")
                .register(registry);
    }

    private static void refused(
            MeterRegistry registry, Lines lines, String reason, ToDoubleFunction<Lines> count) {
        FunctionCounter.builder("holdfast.http.connections.refused", lines, count)
                .description("Connections closed when they came")
                .tag("reason", reason)
                .register(registry);
    }
}
