package dev.holdfast.simulator.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.Probe;
import dev.holdfast.simulator.feed.FeedFault.Kind;
import dev.holdfast.simulator.rates.ReferenceRates;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT) // each mostly waits for its feed's seconds to go by
class SimulatedFeedTest {
    /** Read once: the whole history. */
    private static final ReferenceRates HISTORY = ReferenceRates.load();

    /** For a machine that stands still for seconds: what is late is no problem here. */
    private static final FeedLimits PATIENT = patient(Duration.ofSeconds(30));

    private static FeedLimits patient(Duration answerWithin) {
        return new FeedLimits(
                answerWithin, Duration.ofSeconds(30), 0.5, Duration.ZERO, "USD", 10, "EUR", 5);
    }

    @RegisterExtension final Probe probe = new Probe();

    private SimulatedFeed start(Duration time, FeedFault... faults) {
        return start(PATIENT, time, faults);
    }

    private SimulatedFeed start(FeedLimits limits, Duration time, FeedFault... faults) {
        var options =
                SimulatedFeed.Options.captured(HISTORY, 1, 200)
                        .lasting(time)
                        .limits(limits)
                        .faults(faults);
        return new SimulatedFeed(probe.vertx(), options, InstantSource.system()).start();
    }

    private FeedClient client(SimulatedFeed feed, UnaryOperator<String> spoil) {
        var client = new FeedClient(probe.vertx(), HISTORY, feed.port(), spoil);
        client.connect();
        return client;
    }

    private static FeedVerdict verdict(SimulatedFeed feed) throws Exception {
        return feed.verdict().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void aRightConverterPasses() throws Exception {
        var feed = start(Duration.ofSeconds(2));
        client(feed, answer -> answer);
        var verdict = verdict(feed);
        assertThat(verdict.problems()).isEmpty();
        assertThat(verdict.figures().getInteger("converted")).isPositive();
        assertThat(verdict.figures().getInteger("rightly_refused")).isPositive();
        assertThat(verdict.table()).contains("PASSED");
        assertThat(new JsonObject(verdict.json()).getBoolean("passed")).isTrue();
    }

    @Test
    void aWrongDigitFails() throws Exception {
        var feed = start(Duration.ofSeconds(1));
        client(feed, answer -> answer.replaceFirst("(\"stake\":\\d)", "$11"));
        var verdict = verdict(feed);
        assertThat(verdict.passed()).isFalse();
        assertThat(verdict.figures().getInteger("wrong")).isPositive();
        assertThat(verdict.problems().getFirst()).contains("the stake should be");
    }

    @Test
    void aFieldThatIsLostFails() throws Exception {
        var feed = start(Duration.ofSeconds(1));
        client(feed, answer -> answer.replaceFirst("\"odds\":[0-9.]+,", ""));
        assertThat(verdict(feed).problems().getFirst()).contains("other fields");
    }

    @Test
    void anUnansweredMessageFails() throws Exception {
        var feed = start(patient(Duration.ofSeconds(1)), Duration.ofSeconds(1));
        client(feed, answer -> answer.contains("error") ? "{\"type\":\"heartbeat\"}" : answer);
        assertThat(verdict(feed).problems())
                .anySatisfy(problem -> assertThat(problem).contains("not answered"));
    }

    @Test
    void everyFaultIsSurvivedByAClientThatConnectsAnew() throws Exception {
        var feed =
                start(
                        Duration.ofSeconds(19),
                        new FeedFault(Kind.GARBAGE, Duration.ofMillis(2000), Duration.ZERO),
                        new FeedFault(Kind.RESET, Duration.ofMillis(3000), Duration.ZERO),
                        new FeedFault(Kind.CLOSE, Duration.ofMillis(6000), Duration.ZERO),
                        new FeedFault(Kind.REFUSE, Duration.ofMillis(8500), Duration.ofMillis(500)),
                        new FeedFault(Kind.HALF_OPEN, Duration.ofMillis(11500), Duration.ZERO),
                        new FeedFault(
                                Kind.NO_HEARTBEATS,
                                Duration.ofMillis(15000),
                                Duration.ofSeconds(3)));
        client(feed, answer -> answer);
        var verdict = verdict(feed);
        assertThat(verdict.problems()).allMatch(problem -> problem.startsWith("connected anew"));
        // Two faults may become one where the machine stands still between them, and the client
        // may leave by itself where it stands still for a heartbeat's time.
        assertThat(verdict.figures().getInteger("renewals"))
                .as(verdict.table())
                .isBetween(1, verdict.figures().getInteger("connections") - 1);
        assertThat(verdict.figures().getInteger("garbage_frames")).isEqualTo(20);
    }

    @Test
    void aClientThatStaysOnASilentConnectionFails() throws Exception {
        var feed =
                start(
                        Duration.ofSeconds(5),
                        new FeedFault(Kind.SILENCE, Duration.ofMillis(500), Duration.ofSeconds(6)));
        var client = probe.vertx().createWebSocketClient();
        var socket = Probe.await(client.connect(feed.port(), "127.0.0.1", "/"));
        assertThat(socket.isClosed()).isFalse();
        assertThat(verdict(feed).problems()).contains("never connected anew after SILENCE");
        client.close(); // not before: a client that nobody holds is closed with its sockets
    }

    @Test
    void theControlEndpointBreaksIt() throws Exception {
        var feed = start(Duration.ZERO);
        var client = client(feed, answer -> answer);
        var reset = new JsonObject().put("fault", "reset");
        assertThat(probe.control(feed.port(), new JsonObject().put("rate", 5)).status())
                .isEqualTo(200);
        while (feed.stats().getInteger("connections") == 0) {
            Thread.onSpinWait();
        }
        assertThat(probe.control(feed.port(), reset).status()).isEqualTo(200);
        client.closedOnce().get(20, TimeUnit.SECONDS);
        assertThat(probe.control(feed.port(), new JsonObject().put("fault", "x")).status())
                .isEqualTo(400);
    }

    @Test
    void messagesHaveTheCapturedMixAndSequentialIds() {
        var mix = FeedMix.captured(HISTORY, 3, 1);
        var messages = new FeedMessages(mix);
        int euros = 0;
        for (int i = 0; i < 12_000; i++) {
            var sent = messages.next();
            assertThat(sent.id()).isEqualTo(456 + i);
            var frame = FeedFrame.parse(sent.text()).orElseThrow();
            assertThat(frame.literal("/payload/stake")).isEqualTo(sent.stake().toPlainString());
            euros += sent.currency().equals("EUR") ? 1 : 0;
        }
        assertThat(euros).isBetween(1800, 2200);
        assertThat(new FeedMessages(mix).next()).isEqualTo(new FeedMessages(mix).next());
    }
}
