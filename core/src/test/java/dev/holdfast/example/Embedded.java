package dev.holdfast.example;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Holdfast's promises within a program of one's own, without a gateway: the artifact {@code
 * dev.holdfast:holdfast-core} alone. Whatever is called, a mail server or a printer, is an {@link
 * Upstream}: one method. What was asked and is not done yet is in the file; the next process that
 * opens it goes on.
 */
public final class Embedded {
    /** Calls that may arrive in any window of that length. */
    public static final Window QUOTA = new Window(2, Duration.ofMillis(500));

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int MAX_PENDING = 1000;

    private Embedded() {}

    /**
     * Asks for each word once and waits for all of them; what was learned before is not asked
     * again.
     */
    public static List<String> run(Path file, List<String> words, Upstream upstream)
            throws Exception {
        try (var store = SqliteStore.open(file, StoreOptions.DEFAULT);
                var loop = new Loop("embedded")) {
            int client = store.clients().put("me", null, false, MAX_PENDING).id();
            var retry =
                    new RetryPolicy(
                            RetryPolicy.Backoff.EXPONENTIAL,
                            Duration.ofMillis(100),
                            Duration.ofSeconds(1),
                            0.2,
                            0,
                            Duration.ofHours(24));
            var printer =
                    new UpstreamPolicy(
                            "printer", new Quota(List.of(QUOTA)), 4, TIMEOUT, retry, MAX_PENDING);
            var shape = new ResultShape("printed", ResultShape.From.TEXT, Map.of());
            var print = new RoutePolicy("/print", "printer", true, Duration.ofDays(1), 1000, shape);
            var parts =
                    new EngineParts(
                            store,
                            Map.of("printer", upstream),
                            List.of(printer),
                            List.of(print),
                            loop,
                            loop,
                            loop.readers(),
                            RandomGenerator.getDefault(),
                            PATIENCE,
                            _ -> {}); // no webhooks
            try (var engine = new Engine(parts)) {
                engine.start();
                return results(engine, client, words);
            }
        }
    }

    private static List<String> results(Engine engine, int client, List<String> words)
            throws Exception {
        var asked = new ArrayList<CompletionStage<Answer>>();
        for (String word : words) {
            var params = new TreeMap<>(Map.of("word", word));
            asked.add(
                    engine.submit(
                            new Ask(
                                    client,
                                    MAX_PENDING,
                                    "/print",
                                    params,
                                    PATIENCE,
                                    Duration.ofDays(1),
                                    Ask.NO_EXTRAS)));
        }
        var results = new ArrayList<String>();
        for (CompletionStage<Answer> answer : asked) {
            results.add(
                    switch (answer.toCompletableFuture()
                            .get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                        case Answer.Ready ready -> told(ready.view().request());
                        case Answer.Receipt receipt -> "later: " + receipt.view().request().id();
                        case Answer.Refused refused -> "refused: " + refused.refusal();
                        case Answer.Uncertain uncertain -> "uncertain: " + uncertain.request();
                    });
        }
        return results;
    }

    private static String told(RequestRecord request) {
        return request.result() != null ? request.result().body() : "failed: " + request.failure();
    }
}
