package dev.holdfast.gateway;

import static dev.holdfast.gateway.RawHttp2.END_HEADERS;
import static dev.holdfast.gateway.RawHttp2.END_STREAM;
import static dev.holdfast.gateway.RawHttp2.HEADERS;
import static dev.holdfast.gateway.RawHttp2.SETTINGS;
import static dev.holdfast.gateway.RawHttp2.block;
import static dev.holdfast.gateway.RawHttp2.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.wire.ListenerLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What connections that speak HTTP/2 may hold, and for how long. */
@Timeout(120)
class Http2ConnectionsTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final int CONTINUATION = 9;
    private static final int FRAME_BYTES = 16 << 10;

    /** What a connection is counted with that has said little, with its TLS, in bytes. */
    private static final long LINE_BYTES = 36 << 10;

    @TempDir private Path folder;
    private PemCertificate certificate;

    @BeforeEach
    void certify() throws Exception {
        certificate = PemCertificate.make(folder);
    }

    @Test
    void aHeadThatGoesOnAndDoesNotEndHasTheTimeOfAHead() throws Exception {
        try (Rig rig = rig(new ListenerLimits(10, LONG, SHORT, LONG));
                RawHttp2 connection = connection(rig)) {
            connection.send(frame(HEADERS, END_STREAM, 1, get("/livez")));

            connection.awaitClosed();
            assertThat(figure(rig, "holdfast_http_connections_slow_total")).isPositive();
        }
    }

    @Test
    void aFrameThatDoesNotEndHasTheTimeOfAHead() throws Exception {
        try (Rig rig = rig(new ListenerLimits(10, LONG, SHORT, LONG))) {
            for (int bytes : List.of(5, 12)) {
                try (RawHttp2 connection = connection(rig)) {
                    connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, get("/livez")));
                    assertThat(connection.await(1).end()).isEqualTo("end");
                    byte[] next = frame(HEADERS, END_HEADERS | END_STREAM, 3, get("/livez"));
                    connection.send(Arrays.copyOf(next, bytes));

                    connection.awaitClosed();
                }
            }
        }
    }

    @Test
    void whoHasSentAllOfItStays() throws Exception {
        try (Rig rig = rig(new ListenerLimits(10, LONG, SHORT, LONG));
                RawHttp2 whole = connection(rig);
                RawHttp2 half = connection(rig)) {
            byte[] head = get("/livez");
            whole.send(frame(HEADERS, END_STREAM, 1, Arrays.copyOf(head, 3)));
            whole.send(
                    frame(CONTINUATION, END_HEADERS, 1, Arrays.copyOfRange(head, 3, head.length)));
            assertThat(whole.await(1)).isEqualTo(new RawHttp2.Told("200", 17, "end"));
            half.send(frame(HEADERS, END_STREAM, 1, head));
            half.awaitClosed();

            whole.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, head));
            assertThat(whole.await(3).status()).isEqualTo("200");
        }
    }

    @Test
    void whatCameOfAHeadIsCountedAndHasABound() throws Exception {
        long room = 3 * LINE_BYTES + 4 * FRAME_BYTES;
        var limits = new ListenerLimits(10, 10, _ -> false, LONG, LONG, LONG, room);
        try (Rig rig = rig(limits);
                RawHttp2 connection = connection(rig)) {
            byte[] field = block("a", "b".repeat(FRAME_BYTES - 100));
            connection.send(frame(HEADERS, END_STREAM, 1, field));
            awaitMoreInHandThan(rig, 2 * LINE_BYTES + FRAME_BYTES / 2);
            for (int i = 0; i < 5; i++) {
                connection.send(frame(CONTINUATION, 0, 1, field));
            }

            connection.awaitClosed();
            assertThat(figure(rig, "holdfast_http_overloads_total")).isPositive();
            assertThat(rig.get("/livez", null).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void answersThatAreNotAskedForAreCountedUntilTheirStreamsEnd() throws Exception {
        try (Rig rig = rig(ListenerLimits.DEFAULT)) {
            double before = figure(rig, "holdfast_http_in_hand_bytes");
            int bytes = rig.get("/openapi.yaml", null).body().length();
            try (RawHttp2 connection = deaf(rig)) {
                for (int i = 0; i < 20; i++) {
                    connection.send(
                            frame(HEADERS, END_HEADERS | END_STREAM, 1 + 2 * i, get("/livez")));
                }
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 41, get("/openapi.yaml")));
                // A stream each, of about 4 kB, and what it was answered.
                awaitMoreInHandThan(rig, before + bytes + 20 * 4_000);
            }
            double left;
            do {
                left = figure(rig, "holdfast_http_in_hand_bytes");
            } while (left > before + LINE_BYTES);
        }
    }

    @Test
    void whoAsksForMoreThanThereIsRoomForAndTakesNothingIsClosedAndOthersGoOn() throws Exception {
        int bytes;
        try (Rig rig = rig(ListenerLimits.DEFAULT)) {
            bytes = rig.get("/openapi.yaml", null).body().length();
        }
        long room = 3 * LINE_BYTES + 10L * bytes;
        var limits = new ListenerLimits(10, 10, _ -> false, LONG, LONG, LONG, room);
        try (Rig rig = rig(limits);
                RawHttp2 connection = deaf(rig)) {
            List<byte[]> asks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                asks.add(frame(HEADERS, END_HEADERS | END_STREAM, 1 + 2 * i, get("/openapi.yaml")));
            }
            for (byte[] ask : asks) {
                connection.send(ask);
            }

            connection.awaitClosed();
            assertThat(figure(rig, "holdfast_http_overloads_total")).isPositive();
            assertThat(rig.get("/openapi.yaml", null).statusCode()).isEqualTo(200);
        }
    }

    private Rig rig(ListenerLimits limits) {
        return Rig.http2(folder, Rig.Figures.FREE, certificate, limits);
    }

    private RawHttp2 connection(Rig rig) throws Exception {
        return new RawHttp2(rig.port, certificate.trusting());
    }

    /** One whose windows are shut: no body is ever taken. */
    private RawHttp2 deaf(Rig rig) throws Exception {
        RawHttp2 connection = connection(rig);
        connection.send(frame(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0}));
        return connection;
    }

    private static byte[] get(String path) {
        return block(":method", "GET", ":scheme", "https", ":path", path, ":authority", "x");
    }

    private static void awaitMoreInHandThan(Rig rig, double bytes) {
        double now;
        do {
            now = figure(rig, "holdfast_http_in_hand_bytes");
        } while (now < bytes);
    }

    private static double figure(Rig rig, String name) {
        return rig.get("/metrics", null)
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
