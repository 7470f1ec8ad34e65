package dev.holdfast.app.serve;

import dev.holdfast.app.config.TracingSettings;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.app.tracing.Tracing;
import dev.holdfast.engine.EngineWatch;
import dev.holdfast.engine.Upstream;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.store.Store;
import dev.holdfast.webhook.DeliveryTraces;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is seen of one {@link Serve} from outside: figures always, traces where configured. */
final class Observation implements AutoCloseable {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final @Nullable Tracing tracing;

    Observation(TracingSettings settings) {
        URI endpoint = settings.endpoint();
        tracing = endpoint == null ? null : Tracing.open(endpoint, settings);
    }

    /** Where figures go. */
    PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Watches the store's writer from now on, and gives what watches the engine. */
    EngineWatch watch(Store store) {
        Gauge.builder("holdfast.build.info", () -> 1)
                .description("Which version this is, and the Java that runs it; always 1")
                .tag("version", Packaged.version())
                .tag("java", Runtime.version().toString())
                .register(registry);
        Tracing traces = tracing;
        var meters =
                new EngineMeters(registry, store, traces == null ? (_, _) -> {} : traces::asked);
        store.watch(meters);
        return meters;
    }

    /** Has every upstream's calls traced. */
    void trace(Map<String, Upstream> upstreams) {
        Tracing traces = tracing;
        if (traces != null) {
            upstreams.replaceAll(traces::traced);
        }
    }

    RequestTraces requests() {
        return tracing == null ? RequestTraces.NONE : tracing.requests();
    }

    DeliveryTraces deliveries() {
        return tracing == null ? DeliveryTraces.NONE : tracing.deliveries();
    }

    /** Adds the process's own figures; takes a moment, so not before it listens. */
    void process() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    @Override
    public void close() {
        if (tracing != null) {
            tracing.close();
        }
        registry.close();
    }
}
