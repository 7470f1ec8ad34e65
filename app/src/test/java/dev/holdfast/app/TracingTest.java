package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Traces as a collector receives them. */
@Timeout(60)
class TracingTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String CALLER = "b7ad6b7169203331";
    private static final String MESSAGE = "a-message-nobody-should-see";

    @TempDir Path folder;
    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<Span> received = new LinkedBlockingQueue<>();
    private final List<Span> seen = new ArrayList<>();
    private final List<Span> spans = new ArrayList<>();

    /** The traceparent of each call that came. */
    private final List<String> calls = new CopyOnWriteArrayList<>();

    private HttpServer collector;

    @BeforeEach
    void startCollector() {
        collector =
                vertx.createHttpServer()
                        .requestHandler(
                                request ->
                                        request.body()
                                                .onSuccess(
                                                        body -> {
                                                            take(
                                                                    body.getBytes(),
                                                                    request.getHeader(
                                                                            "content-encoding"));
                                                            request.response().end();
                                                        }))
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
    }

    /** An upstream that breaks the first connection and answers the second call. */
    private String api() {
        HttpServer server =
                vertx.createHttpServer()
                        .requestHandler(
                                request -> {
                                    calls.add(request.getHeader("traceparent"));
                                    if (calls.size() == 1) {
                                        request.connection().close();
                                    } else {
                                        request.response().end("a-signature");
                                    }
                                })
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
        return "http://127.0.0.1:" + server.actualPort();
    }

    @AfterEach
    void stopCollector() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void take(byte[] body, String encoding) {
        try (InputStream bytes = new ByteArrayInputStream(body);
                InputStream in = "gzip".equals(encoding) ? new GZIPInputStream(bytes) : bytes) {
            ExportTraceServiceRequest.parseFrom(in)
                    .getResourceSpansList()
                    .forEach(
                            resource ->
                                    resource.getScopeSpansList()
                                            .forEach(s -> received.addAll(s.getSpansList())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void oneTraceGoesFromTheAskOverItsReceiptToTheWebhook() throws Exception {
        String tracing =
                "tracing: { endpoint: \"http://127.0.0.1:"
                        + collector.actualPort()
                        + "/v1/traces\" }";
        try (Running running = new Running(folder, api(), tracing)) {
            HttpResponse<String> receipt =
                    running.get(
                            "/crypto/sign?message="
                                    + MESSAGE
                                    + "&webhook_url="
                                    + running.receiver(),
                            "Prefer",
                            "respond-async",
                            "traceparent",
                            "00-" + TRACE + "-" + CALLER + "-01");
            assertThat(receipt.statusCode()).isEqualTo(202);
            Map<String, String> webhook = running.webhooks.poll(30, TimeUnit.SECONDS);
            assertThat(webhook).isNotNull();

            Span ask = await("GET /crypto/sign");
            assertThat(hex(ask.getTraceId().toByteArray())).isEqualTo(TRACE);
            assertThat(hex(ask.getParentSpanId().toByteArray())).isEqualTo(CALLER);
            Span call = await("call synthesia");
            Span again = await("call synthesia");
            Span told = await("webhook");
            for (Span below : List.of(call, again, told)) {
                assertThat(below.getTraceId()).isEqualTo(ask.getTraceId());
                assertThat(below.getParentSpanId()).isEqualTo(ask.getSpanId());
            }
            assertThat(outcome(call)).isEqualTo("reset");
            assertThat(outcome(again)).isEqualTo("done");
            assertThat(webhook.get("traceparent"))
                    .isEqualTo("00-" + TRACE + "-" + hex(told.getSpanId().toByteArray()) + "-01");
            assertThat(calls.removeLast())
                    .isEqualTo("00-" + TRACE + "-" + hex(again.getSpanId().toByteArray()) + "-01");
            assertThat(seen.toString())
                    .doesNotContain(MESSAGE)
                    .doesNotContain(Running.KEY)
                    .doesNotContain(Running.UPSTREAM_KEY);
        }
    }

    private Span await(String name) throws InterruptedException {
        for (Span span : spans) {
            if (span.getName().equals(name)) {
                spans.remove(span);
                return span;
            }
        }
        Span span = received.poll(30, TimeUnit.SECONDS);
        assertThat(span).as("no span " + name).isNotNull();
        seen.add(span);
        spans.add(span);
        return await(name);
    }

    private static String outcome(Span span) {
        return span.getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals("holdfast.outcome"))
                .map(attribute -> attribute.getValue().getStringValue())
                .findFirst()
                .orElse("none");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
