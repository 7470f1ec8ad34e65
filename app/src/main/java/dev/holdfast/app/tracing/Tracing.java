package dev.holdfast.app.tracing;

import dev.holdfast.app.config.TracingSettings;
import dev.holdfast.engine.Upstream;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.request.Outcome;
import dev.holdfast.webhook.DeliveryTraces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes spans of what the ports tell and posts them to a collector. An ask is a span in its
 * caller's trace (W3C Trace Context); each call made for its request and each try to deliver its
 * webhook is a child of it, long after the ask was answered with a receipt. A span holds no
 * parameter, no result and no key.
 *
 * <p>Which trace a request belongs to is kept in memory, bounded: calls after a restart begin a
 * trace of their own, with the request's id on it.
 */
public final class Tracing implements AutoCloseable {
    /** Time for one post to the collector. */
    private static final Duration POST_WITHIN = Duration.ofSeconds(5);

    /** Time for what is left when closing. */
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);

    /** Time that a finished span waits for others at most. */
    private static final Duration BATCH_EVERY = Duration.ofSeconds(1);

    /** Finished spans that wait; more are dropped. */
    private static final int MAX_WAITING = 8_192;

    private final SdkTracerProvider provider;
    private final Spans spans;

    private Tracing(SdkTracerProvider provider, Tracer tracer) {
        this.provider = provider;
        this.spans = new Spans(tracer);
    }

    /** Starts exporting to {@code endpoint}; nothing is sent before the first span ends. */
    public static Tracing open(URI endpoint, TracingSettings settings) {
        OtlpHttpSpanExporterBuilder exporter =
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(endpoint.toString())
                        .setCompression("gzip")
                        .setTimeout(POST_WITHIN);
        settings.headers().forEach(exporter::addHeader);
        Resource resource =
                Resource.getDefault()
                        .merge(
                                Resource.create(
                                        Attributes.of(
                                                AttributeKey.stringKey("service.name"),
                                                settings.serviceName())));
        SdkTracerProvider provider =
                SdkTracerProvider.builder()
                        .setResource(resource)
                        .setSampler(
                                Sampler.parentBased(Sampler.traceIdRatioBased(settings.sample())))
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(exporter.build())
                                        .setMaxQueueSize(MAX_WAITING)
                                        .setScheduleDelay(BATCH_EVERY)
                                        .setExporterTimeout(POST_WITHIN)
                                        .build())
                        .build();
        return new Tracing(provider, provider.get("dev.holdfast"));
    }

    /** For the gateway. */
    public RequestTraces requests() {
        return spans::request;
    }

    /** For the engine: a request was asked within a trace. */
    public void asked(UUID request, String traceparent) {
        spans.asked(request, traceparent);
    }

    /** Has each call of an upstream traced. */
    public Upstream traced(String name, Upstream upstream) {
        return new Upstream() {
            @Override
            public CompletionStage<Outcome> call(Call call) {
                return spans.call(name, upstream, call);
            }

            @Override
            public int room(int wanted) {
                return upstream.room(wanted);
            }

            @Override
            public void claimed() {
                upstream.claimed();
            }

            @Override
            public void listen(Set<String> units, Consumer<Said> listener) {
                upstream.listen(units, listener);
            }

            @Override
            public CompletionStage<Boolean> knock() {
                return upstream.knock();
            }
        };
    }

    /** For the webhooks. */
    public DeliveryTraces deliveries() {
        return spans::delivery;
    }

    /** Posts what is left. */
    @Override
    public void close() {
        provider.shutdown().join(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    }
}
