package dev.holdfast.app.serve;

import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.outbound.http.WireCounts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What came on outbound connections besides answers, as figures. */
final class WireMeters {
    private WireMeters() {}

    /**
     * @param to whom the connections lead: an upstream's name, or {@code webhooks}
     */
    static void bind(WireCounts counts, String to, MeterRegistry registry) {
        counter(counts, to, "interim", WireCounts::interimAnswers, registry);
        counter(counts, to, "surplus", WireCounts::surplusAnswers, registry);
        counter(counts, to, "not_http", WireCounts::notHttpAnswers, registry);
    }

    /** What all calls hold together. */
    static void bind(CallMemory memory, MeterRegistry registry) {
        Gauge.builder("holdfast.calls.in.hand", memory, CallMemory::taken)
                .description("What calls, and the answers they read, keep in memory")
                .baseUnit("bytes")
                .register(registry);
    }

    private static void counter(
            WireCounts counts,
            String to,
            String what,
            ToDoubleFunction<WireCounts> figure,
            MeterRegistry registry) {
        FunctionCounter before =
                registry.find("holdfast.outbound.odd.answers")
                        .tag("to", to)
                        .tag("what", what)
                        .functionCounter();
        if (before != null) {
            registry.remove(before); // of a way that was replaced
        }
        FunctionCounter.builder("holdfast.outbound.odd.answers", counts, figure)
                .description(
                        "Interim answers passed over, and connections closed for a surplus answer"
                                + " or for what is not HTTP")
                .tag("to", to)
                .tag("what", what)
                .register(registry);
    }
}
