package dev.holdfast.app.serve;

import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;

/** Shows what the converter counts on {@code /metrics}. */
final class ConverterMeters {
    private static final String PREFIX = "holdfast.rates.";

    private ConverterMeters() {}

    static void bind(RatesMetrics metrics, MeterRegistry registry, InstantSource wall) {
        for (RatesMetrics.Counter counter : RatesMetrics.Counter.values()) {
            FunctionCounter.builder(
                            PREFIX + counter.label().replace('_', '.'),
                            metrics,
                            m -> m.value(counter))
                    .description(counter.description())
                    .register(registry);
        }
        for (RateError.Reason reason : RateError.Reason.values()) {
            FunctionCounter.builder(PREFIX + "errors", metrics, m -> m.errors(reason))
                    .description("Messages that were answered with an error")
                    .tag("reason", reason.label())
                    .register(registry);
        }
        Gauge.builder(PREFIX + "in.hand", metrics, RatesMetrics::inHand)
                .description("Messages that are not answered yet")
                .register(registry);
        Gauge.builder(PREFIX + "connected", metrics, m -> m.connected() ? 1 : 0)
                .description("Whether there is a connection to the feed")
                .register(registry);
        Gauge.builder(PREFIX + "rate.age", metrics, m -> ageSeconds(m, wall))
                .description("Age of the newest day's rates; NaN before there are any")
                .baseUnit("seconds")
                .register(registry);
    }

    private static double ageSeconds(RatesMetrics metrics, InstantSource wall) {
        return metrics.rateAge(wall.instant())
                .map(Duration::toMillis)
                .map(millis -> millis / 1000.0)
                .orElse(Double.NaN);
    }
}
