package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.rates.ScriptedFetcher;
import dev.holdfast.rates.VertxTimers;
import dev.holdfast.rates.feed.RawFeed.Frame;
import dev.holdfast.rates.feed.RawFeed.Peer;
import dev.holdfast.rates.source.EcbFetcher;
import dev.holdfast.rates.source.EcbHistory;
import io.vertx.core.Vertx;
import java.math.RoundingMode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Execution(ExecutionMode.CONCURRENT) // each mostly waits for its feed's seconds to go by
class FeedTest {
    private static final EcbHistory HISTORY = EcbHistory.load();
    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z"));
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);

    private final Vertx vertx = Vertx.vertx();
    private final RatesMetrics metrics = new RatesMetrics();
    private final ScriptedFetcher source = new ScriptedFetcher();
    private Feed feed;

    @AfterEach
    void stop() throws Exception {
        if (feed != null) {
            feed.stop().await(10, TimeUnit.SECONDS);
        }
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void aMessageIsAnsweredWithTheRateOfItsDate() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), new EcbFetcher(HISTORY, CLOCK));
            Peer peer = server.next();
            peer.send(message("456", "253.67", "USD"));
            assertThat(peer.answer().text())
                    .isEqualTo(
                            "{\"type\":\"message\",\"id\":456,\"payload\":{\"odds\":2.20,\"stake\":207.55195,"
                                    + "\"currency\":\"EUR\",\"date\":\"2026-01-02T03:04:05.678Z\"}}");
        }
    }

    @Test
    void errorsCarryTheIdOfTheirMessageAndTheReasonInWords() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), new EcbFetcher(HISTORY, CLOCK));
            Peer peer = server.next();
            peer.send(message("77", "1", "BTC"));
            assertThat(peer.answer().text())
                    .isEqualTo(
                            "{\"type\":\"error\",\"id\":77,\"message\":\"Unable to convert stake."
                                    + " Error: Unsupported currency BTC on 2021-05-18\"}");
            peer.send(message("78", "1", "USD").replace("2021-", "2031-"));
            assertThat(peer.answer().text()).contains("\"id\":78").contains("in the future");
            peer.send(message("79", "1", "USD").replace("2021-", "1921-"));
            assertThat(peer.answer().text()).contains("\"id\":79").contains("history");
            peer.send(message("80", "\"1\"", "USD"));
            assertThat(peer.answer().text()).contains("\"id\":80").contains("not a number");
            assertThat(metrics.errors(RateError.Reason.UNSUPPORTED_CURRENCY)).isEqualTo(1);
            assertThat(metrics.errors(RateError.Reason.INVALID_MESSAGE)).isEqualTo(1);
        }
    }

    @Test
    void garbageFramesAreCountedAndNeverFatal() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), new EcbFetcher(HISTORY, CLOCK));
            Peer peer = server.next();
            for (String frame : List.of("", "hello", "{", "[]", "{\"id\":1}", "<html>")) {
                peer.send(frame);
            }
            peer.binary();
            peer.send(message("5", "1", "EUR"));
            assertThat(peer.answer().text()).contains("\"id\":5");
            assertThat(metrics.value(Counter.GARBAGE_FRAMES)).isEqualTo(7);
            assertThat(metrics.value(Counter.CONNECTIONS)).isEqualTo(1);
        }
    }

    @Test
    void aSourceThatHangsDelaysNoHeartbeatAndEveryMessageIsAnswered() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.keepAlive();
            int messages = 100;
            for (int i = 0; i < messages; i++) {
                peer.send(message(Integer.toString(i), "1", "USD"));
            }
            long sentAt = System.nanoTime();
            List<Long> beats = new ArrayList<>();
            int answered = 0;
            while (answered < messages || beats.size() < 4) {
                Frame frame = peer.frame();
                if (frame.text().contains("heartbeat")) {
                    beats.add(frame.at());
                } else {
                    answered++;
                    assertThat(frame.text())
                            .contains("did not come from the source within 1900 ms");
                    assertThat(Duration.ofNanos(frame.at() - sentAt))
                            .isLessThan(Duration.ofMillis(2200));
                }
            }
            for (int i = 2; i < beats.size(); i++) {
                assertThat(Duration.ofNanos(beats.get(i) - beats.get(i - 1)))
                        .isBetween(Duration.ofMillis(800), Duration.ofMillis(1200));
            }
            assertThat(source.calls).hasSize(1);
            source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", CLOCK.instant()));
            peer.send(message("1000", "10", "USD"));
            assertThat(peer.answer().text()).contains("\"stake\":8,");
            assertThat(metrics.value(Counter.CONNECTIONS)).isEqualTo(1);
        }
    }

    @Test
    void moreThanTwoSecondsOfSilenceMakeANewConnectionAtOnce() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer silent = server.next();
            Duration after = Duration.ofNanos(server.next().connectedAt() - silent.connectedAt());
            assertThat(after).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2500));
            assertThat(metrics.value(Counter.HEARTBEAT_GAPS)).isEqualTo(1);
            assertThat(metrics.value(Counter.CONNECTIONS_LOST)).isEqualTo(1);
        }
    }

    @Test
    void messagesAreNoHeartbeats() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), new EcbFetcher(HISTORY, CLOCK));
            Peer peer = server.next();
            int sent = 0;
            while (peer.frame().opcode() >= 0) {
                try {
                    peer.send(message(Integer.toString(sent++), "1", "USD"));
                } catch (java.io.UncheckedIOException gone) {
                    break;
                }
            }
            Duration after = Duration.ofNanos(server.next().connectedAt() - peer.connectedAt());
            assertThat(after).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2500));
            assertThat(sent).isGreaterThan(2);
            assertThat(metrics.value(Counter.HEARTBEAT_GAPS)).isEqualTo(1);
        }
    }

    @Test
    void aResetConnectionIsMadeAnewAtOnce() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.heartbeat();
            peer.frame();
            peer.reset();
            Peer next = server.next();
            assertThat(next.frame().text()).contains("heartbeat");
            assertThat(metrics.value(Counter.CONNECTIONS_LOST)).isEqualTo(1);
            assertThat(metrics.value(Counter.CONNECT_FAILURES)).isZero();
        }
    }

    @Test
    void aCloseFrameIsAnsweredAndTheConnectionMadeAnewAtOnce() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.frame();
            peer.closeFrame(1012);
            assertThat(peer.answer().opcode()).isEqualTo(8);
            assertThat(peer.answer().opcode()).as("end of the connection").isEqualTo(-1);
            assertThat(server.next().frame().text()).contains("heartbeat");
        }
    }

    @Test
    void aRefusedConnectionIsTriedAgainUntilTheFeedIsThere() throws Exception {
        int port;
        try (RawFeed gone = new RawFeed()) {
            port = gone.port();
        }
        CountDownLatch pauses = new CountDownLatch(3);
        Random random = new Random(1);
        RandomGenerator counting =
                () -> {
                    pauses.countDown();
                    return random.nextLong();
                };
        startWith(URI.create("ws://127.0.0.1:" + port + "/"), source, counting);
        assertThat(pauses.await(10, TimeUnit.SECONDS)).isTrue();
        try (RawFeed server = new RawFeed(port)) {
            assertThat(server.next().frame().text()).contains("heartbeat");
        }
        assertThat(metrics.value(Counter.CONNECT_FAILURES)).isGreaterThanOrEqualTo(4);
    }

    @Test
    void anAnswerThatBelongsToADeadConnectionIsDroppedAndCounted() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer first = server.next();
            first.send(message("1", "10", "USD"));
            first.send("{}");
            first.send(message("2", "10", "EUR"));
            assertThat(first.answer().text()).contains("\"id\":2");
            first.reset();
            Peer second = server.next();
            second.keepAlive();
            second.frame();
            source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", CLOCK.instant()));
            second.send(message("3", "10", "USD"));
            assertThat(second.answer().text()).contains("\"id\":3");
            // The event loop may take a frame before a task that came earlier, but not two.
            second.send(message("4", "10", "USD"));
            assertThat(second.answer().text()).contains("\"id\":4");
            assertThat(metrics.value(Counter.ANSWERS_DROPPED)).isEqualTo(1);
            assertThat(metrics.inHand()).isZero();
        }
    }

    @Test
    void answersLeaveAsTheyAreReady() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.send(message("1", "10", "USD"));
            peer.send(message("2", "10", "EUR"));
            assertThat(peer.answer().text()).contains("\"id\":2");
            source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", CLOCK.instant()));
            assertThat(peer.answer().text()).contains("\"id\":1");
        }
    }

    @Test
    void stoppingAnswersWhatIsInHandAndClosesWith1001() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.keepAlive();
            peer.send(message("1", "10", "USD"));
            peer.send(message("2", "10", "EUR"));
            assertThat(peer.answer().text()).contains("\"id\":2");
            long askedAt = System.nanoTime();
            var stopped = feed.stop();
            source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", CLOCK.instant()));
            assertThat(peer.answer().text()).contains("\"id\":1");
            Frame close = peer.answer();
            assertThat(close.opcode()).isEqualTo(8);
            assertThat(close.text()).isEqualTo("1001");
            stopped.await(10, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - askedAt))
                    .isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void stoppingWithAHungSourceStillTakesLessThanFiveSeconds() throws Exception {
        try (RawFeed server = new RawFeed()) {
            start(server.uri(), source);
            Peer peer = server.next();
            peer.keepAlive();
            peer.send(message("1", "10", "USD"));
            peer.send(message("2", "10", "EUR"));
            assertThat(peer.answer().text()).contains("\"id\":2");
            long askedAt = System.nanoTime();
            feed.stop().await(10, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - askedAt))
                    .isLessThan(Duration.ofSeconds(5));
            assertThat(peer.answer().text()).contains("\"id\":1").contains("error");
            assertThat(peer.answer().text()).isEqualTo("1001");
        }
    }

    /**
     * An interim answer (RFC 9110, section 15.2) before the handshake's own is taken for a refusal:
     * the connection ends, so that nothing of it is read as another's, and is made anew.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "100 Continue",
                "102 Processing",
                "103 Early Hints",
                "104 Upload Resumption Supported",
                "199 Whatever"
            })
    void anInterimAnswerBeforeTheHandshakesOwnEndsThatConnectionAlone(String interim)
            throws Exception {
        String head = "HTTP/1.1 " + interim + "\r\nLink: </a>; rel=preload\r\n\r\n";
        for (List<String> packets : List.of(List.of(head), List.of(head + head), cut(head))) {
            List<String> before = new CopyOnWriteArrayList<>(packets);
            try (RawFeed server = new RawFeed(before)) {
                long failures = metrics.value(Counter.CONNECT_FAILURES);
                long connections = metrics.value(Counter.CONNECTIONS);
                start(server.uri(), new EcbFetcher(HISTORY, CLOCK));
                for (int i = 0; i < 2; i++) {
                    assertThat(server.next().frame().opcode()).as("ended").isEqualTo(-1);
                }
                assertThat(metrics.value(Counter.CONNECTIONS)).isEqualTo(connections);
                before.clear();

                Peer peer = server.next();
                while (metrics.value(Counter.CONNECTIONS) == connections) {
                    // It may have come before the feed changed its ways.
                    if (peer.frame().opcode() == -1) {
                        peer = server.next();
                    }
                }
                peer.send(message("5", "1", "EUR"));
                assertThat(peer.answer().text()).as("%s", packets).contains("\"id\":5");
                assertThat(metrics.value(Counter.CONNECT_FAILURES))
                        .isGreaterThanOrEqualTo(failures + 2);
                feed.stop().await(10, TimeUnit.SECONDS);
            }
        }
    }

    private static List<String> cut(String head) {
        return List.of(head.substring(0, 5), head.substring(5, 30), head.substring(30));
    }

    private void start(URI uri, DayFetcher fetcher) throws Exception {
        startWith(uri, fetcher, new Random(7));
    }

    private void startWith(URI uri, DayFetcher fetcher, RandomGenerator random) throws Exception {
        var rates =
                new Rates(fetcher, CLOCK, new VertxTimers(vertx), metrics, Rates.Settings.DEFAULT);
        var converter = new Converter(rates, new Conversion(5, RoundingMode.DOWN));
        var answering = new Answering(converter, "EUR", CLOCK, metrics);
        feed =
                new Feed(
                        vertx,
                        new FeedAddress(uri, true, OutboundTls.PLAIN, Proxies.NONE),
                        answering,
                        random);
        feed.start().await(10, TimeUnit.SECONDS);
    }

    private static String message(String id, String stake, String currency) {
        return "{\"type\":\"message\",\"id\":"
                + id
                + ",\"payload\":{\"odds\":2.20,\"stake\":"
                + stake
                + ",\"currency\":\""
                + currency
                + "\",\"date\":\"2021-05-18T21:32:42.324Z\"}}";
    }
}
