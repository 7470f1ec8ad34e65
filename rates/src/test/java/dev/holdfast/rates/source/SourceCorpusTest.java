package dev.holdfast.rates.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.outbound.corpus.Corpus;
import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import dev.holdfast.rates.RateError;
import dev.holdfast.request.Outcome;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What sources of rates really send, byte by byte, as the second of three days on a connection. */
@Timeout(60)
class SourceCorpusTest {
    private static final RateSource SOURCE = RateSource.named("frankfurter", "");
    private static final LocalDate FIRST = LocalDate.of(2001, 1, 1);
    private static final Pattern LINE = Pattern.compile("GET /v1/([0-9-]{10})\\?.*");
    private static final AtomicInteger DAYS = new AtomicInteger();
    private static final Map<String, List<String>> PLANNED = new ConcurrentHashMap<>();

    private static Vertx vertx;
    private static CorpusServer server;
    private static HttpUpstream http;
    private static SourceUpstream upstream;

    @BeforeAll
    static void open() {
        vertx = Vertx.vertx();
        server = new CorpusServer(SourceCorpusTest::wish);
        http =
                new HttpUpstream(
                        vertx,
                        SourceUpstream.options(
                                SOURCE,
                                URI.create("http://127.0.0.1:" + server.port()),
                                true,
                                OutboundTls.PLAIN,
                                1,
                                Proxies.NONE),
                        () -> Instant.EPOCH);
        upstream = new SourceUpstream(SOURCE, http);
    }

    @AfterAll
    static void close() throws Exception {
        http.close();
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static CorpusServer.Wish wish(String line) {
        Matcher day = LINE.matcher(line);
        if (!day.matches()) {
            throw new IllegalArgumentException(line);
        }
        return new CorpusServer.Wish(PLANNED.get(day.group(1)), day.group(1));
    }

    static Stream<Script> scripts() {
        return Corpus.read(SourceCorpusTest.class, "sources.txt").stream();
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void aSourceIsReadAsItMeans(Script script) throws Exception {
        List<String> plain = scripts().findFirst().orElseThrow().steps();
        String before = plan(plain);
        assertThat(call(before)).isEqualTo("rates");
        String day = plan(script.steps());
        assertThat(call(day)).isEqualTo(script.meaning());
        String behind = plan(plain);
        server.release(day);
        if (!script.kept()) {
            server.awaitEnd(server.connectionOf(day));
        }
        assertThat(call(behind)).isEqualTo("rates");
        assertThat(server.connectionOf(day)).isEqualTo(server.connectionOf(before));
        assertThat(server.connectionOf(behind) == server.connectionOf(before))
                .isEqualTo(script.kept());
    }

    private static String plan(List<String> steps) {
        String day = FIRST.plusDays(DAYS.getAndIncrement()).toString();
        PLANNED.put(day, steps);
        return day;
    }

    /** What a day's call brought; rates only if they are that day's. */
    private static String call(String day) throws Exception {
        Outcome outcome =
                upstream.call(
                                new Upstream.Call(
                                        SourceUpstream.HISTORICAL,
                                        Map.of(SourceUpstream.DAY, day),
                                        1,
                                        "request"))
                        .toCompletableFuture()
                        .get(40, TimeUnit.SECONDS);
        RateError error = upstream.takeLastError(LocalDate.parse(day));
        if (error != null) {
            return error.getClass().getSimpleName();
        }
        return outcome instanceof Outcome.Done(var result, _) && result.body().contains(day)
                ? "rates"
                : outcome.toString();
    }
}
