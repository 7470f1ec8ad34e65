package dev.holdfast.gateway;

import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.wire.Lateness;
import dev.holdfast.gateway.wire.Lines;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** Shows the listener's figures on {@code /metrics}; each {@link Endpoint} times its answers. */
final class GatewayMeters {
    private GatewayMeters() {}

    static void bind(MeterRegistry registry, Holds holds, Lines lines, Lateness lateness) {
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
        TimeGauge.builder(
                        "holdfast.event.loop.late",
                        lateness,
                        TimeUnit.NANOSECONDS,
                        Lateness::worstNanos)
                .description(
                        "The longest that something which came waited for its event loop, in the"
                                + " last 30 to 60 seconds")
                .register(registry);
        FunctionCounter.builder("holdfast.http.too.late", lateness, Lateness::refusals)
                .description(
                        "Requests refused (503) since they were read too late to be kept in the time"
                                + " that an answer has")
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
