package dev.holdfast.outbound;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.corpus.Corpus;
import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** The corpus and how its scripts are played against an upstream. */
final class CorpusCalls {
    static final String PLAIN = "HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\n\\r\\nown-{q}";
    static final Duration TIMEOUT = Duration.ofSeconds(60);
    static final String PLAIN_ROUTE = "text";

    private CorpusCalls() {}

    static List<Script> upstreamScripts() {
        return Stream.of("interim.txt", "surplus.txt", "framing.txt", "text.txt")
                .flatMap(file -> Corpus.read(Corpus.class, file).stream())
                .toList();
    }

    static List<Script> receiverScripts() {
        return Corpus.read(Corpus.class, "receivers.txt");
    }

    /** Options with a route for each kind of result. */
    static HttpUpstreamOptions options(CorpusServer server, int concurrency) {
        Map<String, HttpCallTemplate> calls = new HashMap<>();
        for (ResultShape.From from : ResultShape.From.values()) {
            calls.put(
                    from.name().toLowerCase(Locale.ROOT),
                    HttpCallTemplate.of(
                            "GET",
                            "/{script}/{q}",
                            Map.of(),
                            Set.of(200, 201, 204),
                            Set.of(400, 404),
                            new ResultShape("value", from, Map.of())));
        }
        return new HttpUpstreamOptions(
                URI.create("http://127.0.0.1:" + server.port()),
                Map.of(),
                TIMEOUT,
                true,
                concurrency,
                calls);
    }

    static HttpUpstream upstream(Vertx vertx, CorpusServer server, int concurrency) {
        return new HttpUpstream(vertx, options(server, concurrency), () -> Instant.EPOCH);
    }

    static CompletionStage<Outcome> call(
            HttpUpstream upstream, String route, String script, String q) {
        return upstream.call(
                new Upstream.Call(route, Map.of("script", script, "q", q), 1, "request"));
    }

    /** A request's token: eight digits. */
    static String token(int number) {
        return String.format(Locale.ROOT, "%08d", number);
    }

    /** The outcome in the corpus's words. */
    static String words(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done(var result, _) -> "done " + result.body();
            case Outcome.Rejected(int status, String body, _, _) ->
                    "rejected " + status + " " + body;
            case Outcome.Unusable(var kind, _, String detail) ->
                    kind == Outcome.Unusable.Kind.TOO_LARGE ? "too-large" : "unreadable " + detail;
            case Outcome.Failed failed ->
                    failed.why() == Outcome.Why.STATUS
                            ? "status " + failed.status()
                            : failed.why().name().toLowerCase(Locale.ROOT);
            default -> outcome.toString();
        };
    }

    /** Whether {@code outcome} is what {@code script} means for the request {@code q}. */
    static boolean means(Script script, String q, String outcome) {
        return switch (script.word()) {
            case "unreadable" ->
                    outcome.startsWith("unreadable ") && outcome.contains(script.rest(q));
            case "done", "rejected", "status" ->
                    outcome.equals(script.word() + " " + script.rest(q));
            default -> outcome.equals(script.word());
        };
    }
}
