package dev.holdfast.app.tracing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.engine.Upstream;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.outbound.Authority;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.Delivery;
import dev.holdfast.webhook.DeliveryTraces;
import dev.holdfast.webhook.Webhooks.Told;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Begins and ends the spans, and remembers which trace a request belongs to. */
final class Spans {
    /** Requests whose trace is remembered. */
    private static final int MAX_REQUESTS = 100_000;

    /** How long it is remembered. */
    private static final Duration REMEMBERED = Duration.ofDays(2);

    private static final String REQUEST = "holdfast.request.id";
    private static final String STATUS = "http.response.status_code";
    private static final int FIRST_SERVER_ERROR = 500;

    private final Tracer tracer;
    private final Cache<UUID, SpanContext> contexts =
            Caffeine.newBuilder().maximumSize(MAX_REQUESTS).expireAfterWrite(REMEMBERED).build();

    Spans(Tracer tracer) {
        this.tracer = tracer;
    }

    void asked(UUID request, String traceparent) {
        SpanContext context = TraceContext.parse(traceparent);
        if (context != null) {
            contexts.put(request, context);
        }
    }

    RequestTraces.Span request(
            String method, String route, String requestId, @Nullable String traceparent) {
        Span span =
                begin(method + " " + route, SpanKind.SERVER, TraceContext.parse(traceparent))
                        .setAttribute("http.request.method", method)
                        .setAttribute("http.route", route)
                        .setAttribute("holdfast.http.request_id", requestId)
                        .startSpan();
        String within = TraceContext.write(span.getSpanContext());
        return new RequestTraces.Span() {
            @Override
            public String traceparent() {
                return within;
            }

            @Override
            public void answered(int status) {
                span.setAttribute(STATUS, status);
                if (status >= FIRST_SERVER_ERROR) {
                    span.setStatus(StatusCode.ERROR);
                }
                span.end();
            }
        };
    }

    CompletionStage<Outcome> call(String name, Upstream upstream, Upstream.Call call) {
        Span span =
                begin("call " + name, SpanKind.CLIENT, of(call.requestId()))
                        .setAttribute("holdfast.upstream", name)
                        .setAttribute("http.route", call.route())
                        .setAttribute("holdfast.attempt", call.attempt())
                        .setAttribute(REQUEST, call.requestId())
                        .startSpan();
        Upstream.Call within =
                new Upstream.Call(
                        call.route(),
                        call.all(),
                        call.attempt(),
                        call.requestId(),
                        TraceContext.write(span.getSpanContext()),
                        call.body(),
                        call.credential(),
                        call.headers(),
                        call.written());
        return upstream.call(within).whenComplete((outcome, _) -> ended(span, outcome));
    }

    private static void ended(Span span, @Nullable Outcome outcome) {
        switch (outcome) {
            case Outcome.Done(var result, _) -> status(span, "done", result.status());
            case Outcome.Rejected rejected -> status(span, "rejected", rejected.status());
            case Outcome.Unusable unusable ->
                    failed(
                            span,
                            unusable.kind().name().toLowerCase(Locale.ROOT),
                            unusable.status());
            case Outcome.Unsendable _ -> failed(span, "rejected", null);
            case Outcome.Unauthorized _ -> failed(span, "unauthorized", StatusRules.UNAUTHORIZED);
            case Outcome.Stale() -> failed(span, "stale", StatusRules.UNAUTHORIZED);
            case Outcome.Uncalled _ -> failed(span, "uncalled", null);
            case Outcome.Throttled(int status, _) -> failed(span, "throttled", status);
            case Outcome.Failed failed ->
                    failed(span, failed.why().name().toLowerCase(Locale.ROOT), failed.status());
            case null -> failed(span, "none", null);
        }
        span.end();
    }

    private static void failed(Span span, String outcome, @Nullable Integer status) {
        span.setStatus(StatusCode.ERROR, outcome);
        status(span, outcome, status);
    }

    private static void status(Span span, String outcome, @Nullable Integer status) {
        span.setAttribute("holdfast.outcome", outcome);
        if (status != null) {
            span.setAttribute(STATUS, status);
        }
    }

    DeliveryTraces.Try delivery(Delivery delivery) {
        UUID request = delivery.subject();
        Span span =
                begin("webhook", SpanKind.CLIENT, contexts.getIfPresent(request))
                        .setAttribute(REQUEST, request.toString())
                        .setAttribute("holdfast.delivery.id", delivery.id().toString())
                        .setAttribute("holdfast.attempt", delivery.attempts() + 1L)
                        .setAttribute("server.address", host(delivery.url()))
                        .startSpan();
        String within = TraceContext.write(span.getSpanContext());
        return new DeliveryTraces.Try() {
            @Override
            public String traceparent() {
                return within;
            }

            @Override
            public void ended(Told how) {
                told(span, how);
                span.end();
            }
        };
    }

    private static void told(Span span, Told how) {
        switch (how) {
            case Told.Delivered delivered -> status(span, "delivered", delivered.status());
            case Told.Gone _ -> status(span, "gone", 410);
            case Told.NotDelivered not -> failed(span, "not delivered", not.status());
            case Told.Forbidden _ -> failed(span, "forbidden", null);
        }
    }

    /** The host alone: a webhook's path and query may be secret. */
    private static String host(String url) {
        return Authority.of(URI.create(url)).map(Authority::host).orElse("");
    }

    private @Nullable SpanContext of(String request) {
        try {
            return contexts.getIfPresent(UUID.fromString(request));
        } catch (IllegalArgumentException notOurs) {
            return null;
        }
    }

    private SpanBuilder begin(String name, SpanKind kind, @Nullable SpanContext parent) {
        SpanBuilder builder = tracer.spanBuilder(name).setSpanKind(kind);
        return parent == null
                ? builder.setNoParent()
                : builder.setParent(Context.root().with(Span.wrap(parent)));
    }
}
