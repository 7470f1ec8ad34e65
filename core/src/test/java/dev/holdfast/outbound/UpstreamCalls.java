package dev.holdfast.outbound;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Calls through a {@link HttpUpstream} to a server that does as a test has it. */
abstract class UpstreamCalls {
    static final Duration LONG = Duration.ofSeconds(20);
    static final Duration SHORT = Duration.ofMillis(300);
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    static final ResultShape TEXT = new ResultShape("signature", ResultShape.From.TEXT, Map.of());
    static final ResultShape JSON = new ResultShape("answer", ResultShape.From.JSON, Map.of());
    static final String OK =
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-type: text/plain\r\n\r\nc2ln";

    static final StatusRules RULES = StatusRules.of(Set.of(200));

    static Vertx vertx;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    static Outcome answered(String status, String headers) throws Exception {
        return answered(status, headers, "oops");
    }

    static Outcome answered(String status, String headers, String body) throws Exception {
        try (RawServer server =
                RawServer.answering(
                        "HTTP/1.1 "
                                + status
                                + "\r\n"
                                + headers
                                + "content-length: "
                                + body.getBytes(StandardCharsets.UTF_8).length
                                + "\r\n\r\n"
                                + body)) {
            Outcome outcome = sign(server, "hi", LONG);
            server.request();
            return outcome;
        }
    }

    static Outcome json(String body) throws Exception {
        HttpCallTemplate template =
                HttpCallTemplate.of("GET", "/json", Map.of(), Set.of(200), Set.of(), JSON);
        try (RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 200 OK\r\ncontent-length: "
                                        + body.length()
                                        + "\r\n\r\n"
                                        + body);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            return call(upstream, Map.of());
        }
    }

    static Outcome sign(RawServer server, String message, Duration timeout) throws Exception {
        try (HttpUpstream upstream = upstream(server, timeout, signTemplate())) {
            return call(upstream, Map.of("message", message));
        }
    }

    static Outcome call(HttpUpstream upstream, Map<String, String> params) throws Exception {
        return upstream.call(new Upstream.Call("/crypto/sign", params, 1, "req-1"))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    static Outcome failed(Outcome.Why why, Integer status, boolean uncertain) {
        return new Outcome.Failed(why, status, null, uncertain);
    }

    static HttpCallTemplate signTemplate() {
        return HttpCallTemplate.of(
                "GET",
                "/crypto/sign",
                Map.of("message", "{message}"),
                RULES.doneOn(),
                RULES.rejectOn(),
                TEXT);
    }

    static HttpCallTemplate with(String method, String path, CallBody body) {
        return new HttpCallTemplate(method, path, Map.of(), Map.of(), body, RULES, false, TEXT);
    }

    static HttpUpstream upstream(RawServer server, Duration timeout, HttpCallTemplate template) {
        return upstream(
                URI.create("http://localhost:" + server.port() + "/base/"), timeout, template);
    }

    static HttpUpstream upstream(URI url, Duration timeout, HttpCallTemplate template) {
        return new HttpUpstream(vertx, options(url, timeout, template), () -> NOW);
    }

    static HttpUpstreamOptions options(URI url, Duration timeout, HttpCallTemplate template) {
        return new HttpUpstreamOptions(
                url,
                Map.of("Authorization", "top-secret"),
                timeout,
                true,
                10,
                Map.of("/crypto/sign", template));
    }
}
