package dev.holdfast.app.serve;

import dev.holdfast.webhook.DeliveryMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Shows what the webhooks' dispatcher counts on {@code /metrics}. */
final class WebhookMeters {
    private static final String PREFIX = "holdfast.deliveries.";

    private WebhookMeters() {}

    static void bind(DeliveryMetrics metrics, MeterRegistry registry) {
        count("delivered", "Answered 2xx", metrics, registry, DeliveryMetrics::delivered);
        count(
                "retried",
                "Tries that are followed by another",
                metrics,
                registry,
                DeliveryMetrics::retried);
        count(
                "ended",
                "Ended by a 410 or a forbidden address",
                metrics,
                registry,
                DeliveryMetrics::ended);
        count("failed", "Their schedule is exhausted", metrics, registry, DeliveryMetrics::failed);
        count(
                "postponed",
                "Given back untried: their host was busy or down",
                metrics,
                registry,
                DeliveryMetrics::postponed);
        Gauge.builder(PREFIX + "pending", metrics, DeliveryMetrics::pending)
                .description("Deliveries that are neither delivered nor given up")
                .register(registry);
        Gauge.builder(PREFIX + "under.way", metrics, DeliveryMetrics::underWay)
                .description("Posts under way")
                .register(registry);
    }

    private static void count(
            String name,
            String words,
            DeliveryMetrics metrics,
            MeterRegistry registry,
            ToDoubleFunction<DeliveryMetrics> figure) {
        FunctionCounter.builder(PREFIX + name, metrics, figure)
                .description("Deliveries: " + words)
                .register(registry);
    }
}
