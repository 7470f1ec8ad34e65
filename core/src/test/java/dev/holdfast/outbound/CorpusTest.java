package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.corpus.CorpusServer;
import dev.holdfast.outbound.corpus.Script;
import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plays each script of the corpus against the real client, as the second of three requests: the one
 * before it shares its connection, the one behind it gets its own answer, on the same connection or
 * on a new one as the script says.
 */
@Timeout(120)
class CorpusTest {
    private static final int FEWEST_SCRIPTS = 150;
    private static final AtomicInteger TOKENS = new AtomicInteger();

    private static Vertx vertx;
    private static List<Script> upstreamScripts;
    private static List<Script> receiverScripts;
    private static CorpusServer server;
    private static CorpusServer receiver;
    private static HttpUpstream upstream;
    private static HttpWebhook webhook;

    @BeforeAll
    static void open() {
        vertx = Vertx.vertx();
        upstreamScripts = CorpusCalls.upstreamScripts();
        receiverScripts = CorpusCalls.receiverScripts();
        server = new CorpusServer(upstreamScripts, CorpusCalls.PLAIN);
        receiver = new CorpusServer(receiverScripts, CorpusCalls.PLAIN);
        upstream = CorpusCalls.upstream(vertx, server, 1);
        webhook =
                new HttpWebhook(
                        vertx,
                        new AddressGuard(List.of("127.0.0.0/8")),
                        CorpusCalls.TIMEOUT,
                        () -> Instant.EPOCH);
    }

    @AfterAll
    static void close() throws Exception {
        upstream.close();
        webhook.close();
        server.close();
        receiver.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    static Stream<Script> upstreamScripts() {
        return CorpusCalls.upstreamScripts().stream();
    }

    static Stream<Script> receiverScripts() {
        return CorpusCalls.receiverScripts().stream();
    }

    @Test
    void theCorpusIsLargeAndNoScriptIsThereTwice() {
        List<String> names =
                Stream.concat(
                                upstreamScripts.stream().map(script -> "upstream: " + script),
                                receiverScripts.stream().map(script -> "receiver: " + script))
                        .toList();
        assertThat(names).hasSizeGreaterThanOrEqualTo(FEWEST_SCRIPTS).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("upstreamScripts")
    void anUpstreamIsReadAsItMeans(Script script) throws Exception {
        String before = next();
        assertThat(call("text", "plain", before)).isEqualTo("done own-" + before);
        String q = next();
        String outcome = call(script.kind(), number(upstreamScripts, script), q);
        assertThat(CorpusCalls.means(script, q, outcome)).as(outcome).isTrue();
        String behind = next();
        finish(server, script, before, q);
        assertThat(call("text", "plain", behind)).isEqualTo("done own-" + behind);
        checkConnections(server, script, before, q, behind);
    }

    @ParameterizedTest
    @MethodSource("receiverScripts")
    void aReceiverIsReadAsItMeans(Script script) throws Exception {
        String before = next();
        assertThat(post("plain", before)).isEqualTo("delivered 200");
        String q = next();
        assertThat(post(number(receiverScripts, script), q)).isEqualTo(script.meaning());
        String behind = next();
        finish(receiver, script, before, q);
        assertThat(post("plain", behind)).isEqualTo("delivered 200");
        checkConnections(receiver, script, before, q, behind);
    }

    /** Lets what is late come, and waits for the end of a connection that has to end. */
    private static void finish(CorpusServer server, Script script, String before, String q)
            throws Exception {
        assertThat(server.connectionOf(q)).isEqualTo(server.connectionOf(before));
        server.release(q);
        if (!script.kept()) {
            server.awaitEnd(server.connectionOf(q));
        }
    }

    private static void checkConnections(
            CorpusServer server, Script script, String before, String q, String behind) {
        assertThat(server.connectionOf(behind) == server.connectionOf(before))
                .as("the connection is used again")
                .isEqualTo(script.kept());
        for (String token : List.of(before, q, behind)) {
            assertThat(server.came(token)).isOne();
        }
    }

    private static String next() {
        return CorpusCalls.token(TOKENS.incrementAndGet());
    }

    private static String number(List<Script> scripts, Script script) {
        return Integer.toString(scripts.indexOf(script));
    }

    private static String call(String route, String script, String q) throws Exception {
        return CorpusCalls.words(
                CorpusCalls.call(upstream, route, script, q)
                        .toCompletableFuture()
                        .get(90, TimeUnit.SECONDS));
    }

    private static String post(String script, String q) throws Exception {
        URI url =
                URI.create("http://127.0.0.1:" + receiver.port() + "/" + script + "/" + q + "?x=1");
        Told told =
                webhook.post(url, Map.of(), "{}".getBytes(StandardCharsets.UTF_8))
                        .toCompletableFuture()
                        .get(90, TimeUnit.SECONDS);
        return switch (told) {
            case Told.Delivered(int status, _) -> "delivered " + status;
            case Told.Gone _ -> "gone";
            case Told.NotDelivered no -> no.status() == null ? "broken" : "failed " + no.status();
            case Told.Forbidden(String reason) -> "forbidden " + reason;
        };
    }
}
