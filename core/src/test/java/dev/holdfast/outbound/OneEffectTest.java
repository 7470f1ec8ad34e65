package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RequestView;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Seen;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.outbound.corpus.Corpus;
import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Status;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sqlite.SqliteStore;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Asks on routes that are not repeatable, through the real engine and the real client; each call is
 * answered by the corpus at random, some hang, and the process dies while calls are under way.
 * Whoever counts is the server: of what it answers to one ask, only the last call may have taken
 * effect.
 *
 * <p>{@code -Dholdfast.effects.asks=20000} makes so many, {@code -Dholdfast.effects.seed=N} gives
 * each call the same answers again.
 */
@Timeout(3600)
class OneEffectTest {
    private static final int SHORT = 800;
    private static final int AT_ONCE = 8;
    private static final int DEATHS = 4;

    /** Of the calls, one in so many hangs, and one in so many gets a refusal without an effect. */
    private static final int HANGS_EVERY = 150;

    private static final int REFUSED_EVERY = 3;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration REOPENED_EVERY = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** By these alone an upstream says that it has not begun (decision 23). */
    private static final Set<Integer> WITHOUT_EFFECT = Set.of(401, 421, 425, 429, 503);

    private static final Pattern STATUS = Pattern.compile("^(?:\r?\n)*HTTP/1\\.[01] ([0-9]{3})");
    private static final Pattern HEAD_END = Pattern.compile("\r?\n\r?\n");
    private static final Pattern TARGET = Pattern.compile("POST /([0-9]{8}) .*");
    private static final Pattern TOKEN = Pattern.compile("[0-9]{8}");

    /** Its first numbers are far apart for seeds that are not. */
    private static final RandomGeneratorFactory<RandomGenerator> MIXED =
            RandomGeneratorFactory.of("L64X128MixRandom");

    private static final Viewer ALL = new Viewer(1, true);

    private static final Script HANG =
            new Script("no answer", "text", "timeout", false, List.of(Script.LATE));

    private final int asks = Integer.getInteger("holdfast.effects.asks", SHORT);
    private final long seed = Long.getLong("holdfast.effects.seed", new Random().nextLong());
    private final List<Script> scripts =
            CorpusCalls.upstreamScripts().stream()
                    .filter(script -> !script.word().equals("too-large"))
                    .toList();
    private final List<Script> refusals =
            Stream.of(
                            "421 Misdirected Request\\r\\n",
                            "425 Too Early\\r\\n",
                            "429 Too Many Requests\\r\\nRetry-After: 300\\r\\n",
                            "429 Too Many Requests\\r\\n",
                            "503 Service Unavailable\\r\\n",
                            "503 Service Unavailable\\r\\nRetry-After: 300\\r\\n",
                            "401 Unauthorized\\r\\n")
                    .map(OneEffectTest::refusal)
                    .toList();

    /** What each ask's calls were answered with, in their order. */
    private final Map<String, List<Script>> answered = new ConcurrentHashMap<>();

    private final AtomicInteger came = new AtomicInteger();
    private final Set<String> diedWith = ConcurrentHashMap.newKeySet();
    private final Semaphore toDie = new Semaphore(0);
    private final Semaphore dead = new Semaphore(0);

    @TempDir Path folder;

    private static Script refusal(String head) {
        return new Script(
                head,
                "text",
                "status",
                true,
                List.of("HTTP/1.1 " + head + "Content-Length: 0\\r\\n\\r\\n"));
    }

    @Test
    void noCallFollowsOneThatMayHaveTakenEffect() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (var server = new CorpusServer(this::wish)) {
            Map<String, UUID> requests = new TreeMap<>();
            Life process = new Life(vertx, server);
            for (int i = 0; i < asks; i++) {
                process.ask(CorpusCalls.token(i), requests);
            }
            process.start();
            for (int death = 0; death < DEATHS; death++) {
                assertThat(toDie.tryAcquire(asks, TimeUnit.SECONDS)).as("calls go on").isTrue();
                process.die();
                dead.release();
                process = new Life(vertx, server);
                process.start();
            }
            check(process, requests);
            process.die();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    private void check(Life process, Map<String, UUID> requests) throws Exception {
        int again = 0;
        int uncertain = 0;
        int succeeded = 0;
        for (Map.Entry<String, UUID> asked : requests.entrySet()) {
            String q = asked.getKey();
            RequestRecord ended = process.ended(asked.getValue());
            List<Script> calls = answered.getOrDefault(q, List.of());
            for (Script early : calls.subList(0, Math.max(0, calls.size() - 1))) {
                assertThat(mayHaveTakenEffect(early, q))
                        .as("%s, then called again: %s; seed %d", early, calls, seed)
                        .isFalse();
            }
            again += Math.max(0, calls.size() - 1);
            uncertain += isUncertain(ended) ? 1 : 0;
            succeeded += ended.status() == Status.SUCCEEDED ? 1 : 0;
            assertThat(ended.result() == null ? "" : ended.result().body())
                    .as("seed " + seed)
                    .satisfies(body -> assertThat(strangers(body, q)).isEmpty());
        }
        for (String q : diedWith) {
            assertThat(isUncertain(process.ended(requests.get(q)))).as("died with " + q).isTrue();
        }
        assertThat(diedWith).as("asks under way at a death").hasSize(DEATHS);
        assertThat(again).as("calls after one without effect").isGreaterThan(asks / 10);
        assertThat(uncertain).as("asks not made again").isGreaterThan(asks / 20);
        assertThat(succeeded).isGreaterThan(asks / 10);
        long hung = answered.values().stream().filter(calls -> calls.contains(HANG)).count();
        assertThat(hung).as("calls that hung").isPositive();
        System.out.printf(
                "%,d asks that are not repeatable, %,d calls, %d deaths: %,d succeeded, %,d ended as"
                        + " uncertain; %,d calls followed one that surely had no effect, none any"
                        + " other; %,d hung; seed %d%n",
                asks, came.get(), DEATHS, succeeded, uncertain, again, hung, seed);
    }

    private static boolean isUncertain(RequestRecord ended) {
        return ended.failure() != null && ended.failure().reason() == Failure.Reason.UNCERTAIN;
    }

    private static List<String> strangers(String body, String q) {
        return TOKEN.matcher(body)
                .results()
                .map(found -> found.group())
                .filter(found -> !found.equals(q))
                .toList();
    }

    /** What the server answers with, by the seed, the ask and how often it came. */
    private CorpusServer.Wish wish(String line) {
        Matcher target = TARGET.matcher(line);
        if (!target.matches()) {
            throw new IllegalArgumentException("not a request of this test: " + line);
        }
        String q = target.group(1);
        List<Script> before = answered.computeIfAbsent(q, _ -> new CopyOnWriteArrayList<>());
        Script script = pick(MIXED.create(Objects.hash(seed, q, before.size())));
        int number = came.incrementAndGet();
        int every = Math.max(1, asks / (DEATHS + 1));
        if (number % every == 0 && number / every <= DEATHS) {
            before.add(HANG);
            diedWith.add(q);
            toDie.release();
            // It came, nobody answers, and nobody is there any more who would have asked.
            dead.acquireUninterruptibly();
            return new CorpusServer.Wish(List.of(Script.RESET), q);
        }
        before.add(script);
        return new CorpusServer.Wish(script.steps(), q);
    }

    private Script pick(RandomGenerator random) {
        if (random.nextInt(HANGS_EVERY) == 0) {
            return HANG;
        }
        List<Script> from = random.nextInt(REFUSED_EVERY) == 0 ? refusals : scripts;
        return from.get(random.nextInt(from.size()));
    }

    /** By what was sent alone: all but a final status that says that nothing was begun. */
    private static boolean mayHaveTakenEffect(Script script, String q) {
        StringBuilder sent = new StringBuilder();
        for (String step : script.steps()) {
            if (!step.startsWith("!")) {
                sent.append(new String(Corpus.bytes(step, q), StandardCharsets.ISO_8859_1));
            }
        }
        Integer status = finalStatus(sent);
        return status == null || !WITHOUT_EFFECT.contains(status);
    }

    private static @Nullable Integer finalStatus(CharSequence sent) {
        CharSequence rest = sent;
        while (true) {
            Matcher line = STATUS.matcher(rest);
            if (!line.find()) {
                return null;
            }
            int status = Integer.parseInt(line.group(1));
            if (status >= 200) {
                return status;
            }
            Matcher end = HEAD_END.matcher(rest);
            if (!end.find(line.end())) {
                return null;
            }
            rest = rest.subSequence(end.end(), rest.length());
        }
    }

    /** All that a process has, but for the disk. */
    private final class Life {
        private final Vertx vertx;
        private final CorpusServer server;
        private final SqliteStore store;
        private final HttpUpstream http;
        private final Loop loop = new Loop("test");
        private final Engine engine;
        private final int client;
        private long reopening;

        Life(Vertx vertx, CorpusServer server) {
            this.vertx = vertx;
            this.server = server;
            store = SqliteStore.open(folder.resolve("holdfast.db"), StoreOptions.DEFAULT);
            client = store.clients().put("shop", null, true, asks).id();
            http = new HttpUpstream(vertx, options(), Instant::now);
            engine = engine();
        }

        private Engine engine() {
            var soon = Duration.ofMillis(5);
            var retry = new RetryPolicy(RetryPolicy.Backoff.FIXED, soon, soon, 0, 0, Duration.ZERO);
            var policy = new UpstreamPolicy("api", Quota.NONE, AT_ONCE, TIMEOUT, retry, asks);
            List<RoutePolicy> routes = new ArrayList<>();
            for (ResultShape.From from : ResultShape.From.values()) {
                routes.add(
                        new RoutePolicy(
                                "/" + from, "api", false, Duration.ZERO, 1000, shape(from)));
            }
            return new Engine(
                    new EngineParts(
                            store,
                            Map.of("api", this::call),
                            List.of(policy),
                            routes,
                            loop,
                            loop,
                            loop.readers(),
                            RandomGenerator.getDefault(),
                            PATIENCE,
                            _ -> {}));
        }

        private HttpUpstreamOptions options() {
            Map<String, HttpCallTemplate> calls = new TreeMap<>();
            for (ResultShape.From from : ResultShape.From.values()) {
                calls.put(
                        "/" + from,
                        new HttpCallTemplate(
                                "POST",
                                "/{q}",
                                Map.of(),
                                Map.of(),
                                new CallBody.Json("{\"item\":\"{q}\"}"),
                                StatusRules.of(Set.of(200, 201, 204)),
                                false,
                                shape(from)));
            }
            URI url = URI.create("http://127.0.0.1:" + server.port());
            return new HttpUpstreamOptions(url, Map.of(), TIMEOUT, true, AT_ONCE, calls);
        }

        private static ResultShape shape(ResultShape.From from) {
            return new ResultShape("value", from, Map.of());
        }

        private CompletionStage<Outcome> call(Upstream.Call call) {
            String q = String.valueOf(call.params().get("q"));
            // What is to come late may come once the answer is known.
            return http.call(call).whenComplete((_, _) -> server.release(q));
        }

        void ask(String q, Map<String, UUID> requests) throws Exception {
            ResultShape.From[] kinds = ResultShape.From.values();
            String route = "/" + kinds[Integer.parseInt(q) % kinds.length];
            var ask =
                    new Ask(
                            client,
                            asks,
                            route,
                            new TreeMap<>(Map.of("q", q)),
                            Duration.ZERO,
                            null,
                            Ask.NO_EXTRAS);
            engine.submit(ask, id -> requests.put(q, id))
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        void start() {
            engine.start();
            // What a 401, a 429 or a 503 closed would stay so for minutes.
            reopening =
                    vertx.setPeriodic(REOPENED_EVERY.toMillis(), _ -> engine.pause("api", false));
        }

        /** As killed: what is under way is never written. */
        void die() throws Exception {
            vertx.cancelTimer(reopening);
            store.close();
            engine.close();
            http.close();
            loop.close();
        }

        RequestRecord ended(UUID id) throws Exception {
            while (true) {
                RequestView view = engine.request(ALL, id).orElseThrow();
                if (view.request().status().isFinal()) {
                    return view.request();
                }
                engine.follow(ALL, id, Seen.of(view.request()), PATIENCE)
                        .toCompletableFuture()
                        .get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }
}
