package dev.holdfast.simulator.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.Probe;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Limit;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SimulatedUpstreamTest {
    @RegisterExtension final Probe probe = new Probe();

    private SimulatedUpstream start(SimulatedUpstream.Options options) {
        return new SimulatedUpstream(probe.vertx(), options).start();
    }

    /** Made once: an RSA key takes its time. */
    private static final SimulatedUpstream.Options UNLIMITED =
            SimulatedUpstream.Options.unlimited(1);

    @Test
    void aSignatureVerifiesThereAndWithThePublicKey() {
        var upstream = start(UNLIMITED);
        var message = "Grüße & 100 % 🚀";
        var signed = probe.get(upstream.port(), "/crypto/sign?message=" + Probe.encode(message));
        assertThat(signed.status()).isEqualTo(200);
        assertThat(signed.headers().get("content-type")).startsWith("text/plain");
        assertThat(UNLIMITED.signingKey().verifies(message, signed.body())).isTrue();
        var query = "message=" + Probe.encode(message) + "&signature=" + signed.body();
        var verified = probe.get(upstream.port(), "/crypto/verify?" + query);
        assertThat(verified.status()).isEqualTo(200);
        assertThat(verified.body()).isEqualTo("Signature verified as valid!");
        assertThat(probe.get(upstream.port(), "/_public-key").body()).contains("PUBLIC KEY");
    }

    @Test
    void mistakesGetTheRecordedWords() {
        var upstream = start(UNLIMITED.key("secret"));
        var key = Map.of("Authorization", "secret");
        assertThat(probe.get(upstream.port(), "/crypto/sign?message=a").status()).isEqualTo(401);
        assertThat(probe.get(upstream.port(), "/", key).status()).isEqualTo(200);
        var noMessage = probe.get(upstream.port(), "/crypto/sign", key);
        assertThat(noMessage.status()).isEqualTo(400);
        assertThat(noMessage.body()).isEqualTo("Must specify a message.");
        assertThat(probe.get(upstream.port(), "/crypto/verify?message=a", key).body())
                .isEqualTo("Must specify a signature.");
        assertThat(probe.get(upstream.port(), "/crypto/verify?message=a&signature=b", key).body())
                .isEqualTo("Error 400: Invalid signature for message!\n");
    }

    @Test
    void aDegradedMessageFailsUntilItRecoversHoweverOftenItIsCalled() {
        var degradation = new Degradation(1, 1.0, Duration.ofMillis(300), Duration.ofMillis(300));
        var upstream = start(UNLIMITED.degradation(degradation));
        long start = System.nanoTime();
        var reply = probe.get(upstream.port(), "/crypto/sign?message=a");
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.body())
                .isEqualTo(
                        "Error 502: Failed to sign message due to simulated service"
                                + " degradation.\n");
        while (reply.status() == 502) {
            reply = probe.get(upstream.port(), "/crypto/sign?message=a");
        }
        assertThat(reply.status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(300), Duration.ofMillis(2000));
    }

    @Test
    void theQuotaIsOverAllPathsAndTheWorstWindowIsReported() {
        var limit = new Limit(3, Duration.ofSeconds(60), true, true);
        var upstream = start(UNLIMITED.limit(limit));
        assertThat(probe.get(upstream.port(), "/crypto/sign?message=a").status()).isEqualTo(200);
        assertThat(probe.get(upstream.port(), "/crypto/verify?message=a&signature=b").status())
                .isEqualTo(400);
        assertThat(probe.get(upstream.port(), "/crypto/sign?message=a").status()).isEqualTo(200);
        var refused = probe.get(upstream.port(), "/crypto/sign?message=b");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.headers()).containsKey("Retry-After");
        assertThat(probe.get(upstream.port(), "/").status()).isEqualTo(200);
        var stats = probe.get(upstream.port(), "/_stats?each=true").json();
        assertThat(stats.getInteger("calls")).isEqualTo(4);
        assertThat(stats.getInteger("worst_window")).isEqualTo(4);
        assertThat(stats.getInteger("refused")).isEqualTo(1);
        assertThat(stats.getInteger("max_signatures_per_message")).isEqualTo(2);
        assertThat(stats.getJsonObject("each").getJsonObject("a").getInteger("signatures"))
                .isEqualTo(2);
    }

    @Test
    void aThirdApiSpeaksJson() {
        var upstream = start(UNLIMITED);
        var reply = probe.post(upstream.port(), "/v1/echo-json", Map.of(), "{\"n\":[1,2]}");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().getJsonObject("echo").encode()).isEqualTo("{\"n\":[1,2]}");
        assertThat(probe.post(upstream.port(), "/v1/echo-json", Map.of(), "{").status())
                .isEqualTo(400);
    }

    @Test
    void faultsAreSetAndHealedAtRunTime() {
        var upstream = start(UNLIMITED);
        probe.control(upstream.port(), new JsonObject().put("mode", "html"));
        var page = probe.get(upstream.port(), "/crypto/sign?message=a");
        assertThat(page.status()).isEqualTo(502);
        assertThat(page.body()).contains("<html>");
        upstream.fault(Fault.of(Fault.Mode.RESET));
        assertThat(Probe.failure(sign(upstream.port()))).isNotNull();
        upstream.fault(Fault.of(Fault.Mode.GARBAGE));
        assertThat(Probe.failure(sign(upstream.port()))).isNotNull();
        upstream.fault(Fault.of(Fault.Mode.SLOW).delay(Duration.ofMillis(200)));
        long start = System.nanoTime();
        assertThat(Probe.await(sign(upstream.port())).body()).hasSize(344);
        assertThat(System.nanoTime() - start).isGreaterThan(100_000_000L);
        upstream.fault(Fault.status(503).retryAfter(7).first(1));
        var busy = probe.get(upstream.port(), "/crypto/sign?message=new");
        assertThat(busy.status()).isEqualTo(503);
        assertThat(busy.headers()).containsEntry("Retry-After", "7");
        assertThat(probe.get(upstream.port(), "/crypto/sign?message=new").status()).isEqualTo(200);
        assertThat(probe.control(upstream.port(), new JsonObject().put("mode", "x")).status())
                .isEqualTo(400);
        assertThat(upstream.stats(false).getInteger("spoilt")).isEqualTo(4);
    }

    @Test
    void aHungCallIsCountedAndNeverAnswered() {
        var log = new ConcurrentLinkedQueue<String>();
        var upstream = start(UNLIMITED.log(log::add));
        upstream.fault(Fault.of(Fault.Mode.HANG));
        var hung = sign(upstream.port());
        while (upstream.stats(false).getInteger("calls") == 0) {
            Thread.onSpinWait();
        }
        assertThat(hung.isComplete()).isFalse();
        assertThat(log).hasSize(1);
        assertThat(new JsonObject(log.peek()).getString("fault")).isEqualTo("hang");
        assertThat(new JsonObject(log.peek()).getDouble("ms")).isPositive();
    }

    @Test
    void aRefusingUpstreamListensAgainOnTheSamePort() {
        var upstream = start(UNLIMITED);
        int port = upstream.port();
        upstream.fault(Fault.of(Fault.Mode.REFUSE));
        assertThat(Probe.failure(sign(port))).hasMessageContaining("refused");
        upstream.fault(Fault.NONE);
        assertThat(Probe.await(sign(port)).status()).isEqualTo(200);
        assertThat(upstream.port()).isEqualTo(port);
    }

    @Test
    void aBurstOfOneMessageIsSignedAsOftenAsItIsCalled() {
        var upstream = start(UNLIMITED);
        List<Future<Probe.Reply>> replies = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            replies.add(sign(upstream.port()));
        }
        replies.forEach(reply -> assertThat(Probe.await(reply).status()).isEqualTo(200));
        assertThat(upstream.stats(false).getInteger("max_signatures_per_message")).isEqualTo(50);
    }

    private Future<Probe.Reply> sign(int port) {
        return probe.send(
                HttpMethod.GET, port, "/crypto/sign?message=a", Map.of(), Buffer.buffer());
    }
}
