package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.server.HeadLimits;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerTest {
    private static final Place ANY = new Place("127.0.0.1", 0);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final int PATIENCE_MILLIS = 20_000;
    private static final String ASK = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";

    @TempDir private Path folder;

    @Test
    void aHeadWithoutEndIsCutOff() throws IOException {
        try (Rig rig = rig(new ListenerLimits(100, LONG, SHORT, LONG));
                Socket socket = connect(rig)) {
            socket.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));

            assertThat(rest(socket)).isEmpty();
            assertThat(figure(rig, "holdfast_http_connections_slow_total")).isEqualTo(1);
        }
    }

    @Test
    void aSecondHeadWithoutEndIsCutOffToo() throws IOException {
        try (Rig rig = rig(new ListenerLimits(100, LONG, SHORT, LONG));
                Socket socket = connect(rig)) {
            String first = ASK + "\r\n";
            socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            socket.getOutputStream().write("G".getBytes(StandardCharsets.US_ASCII));

            assertThat(rest(socket)).contains("200 OK").doesNotContain("408");
        }
    }

    @Test
    void aConnectionThatAsksNothingIsClosed() throws IOException {
        try (Rig rig = rig(new ListenerLimits(100, SHORT, LONG, LONG));
                Socket socket = connect(rig)) {
            assertThat(rest(socket)).isEmpty();
            assertThat(figure(rig, "holdfast_http_connections_slow_total")).isZero();
        }
    }

    @Test
    void aSlowBodyIsRefused() throws IOException {
        try (Rig rig = rig(new ListenerLimits(100, LONG, LONG, SHORT));
                Socket socket = connect(rig)) {
            String head =
                    """
                    POST /crypto/sign HTTP/1.1\r
                    Host: localhost\r
                    Authorization: key-alice\r
                    Content-Type: application/json\r
                    Content-Length: 20\r
                    \r
                    {""";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));

            assertThat(rest(socket)).contains("408 Request Timeout").contains("request-timeout");
        }
    }

    @Test
    void whatTheStoreTakesIsNotItsCallersTime() {
        Duration body = Duration.ofMillis(500);
        AtomicBoolean over = new AtomicBoolean();
        try (Rig rig = rig(new ListenerLimits(100, LONG, LONG, body))) {
            // Each slice of the batch waits for its turn here: together they take over a second.
            rig.loop.execute(() -> busy(rig, over));
            HttpResponse<String> answer =
                    rig.post("/v1/batches", "alice", "application/x-ndjson", "\n".repeat(10_240));
            over.set(true);

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        }
    }

    private static void busy(Rig rig, AtomicBoolean over) {
        new CompletableFuture<>().completeOnTimeout(null, 60, TimeUnit.MILLISECONDS).join();
        if (!over.get()) {
            rig.loop.execute(() -> busy(rig, over));
        }
    }

    @Test
    void oneConnectionTooManyIsClosed() throws IOException {
        try (Rig rig = rig(new ListenerLimits(2, LONG, LONG, LONG));
                Socket first = connect(rig);
                Socket second = connect(rig)) {
            for (Socket socket : List.of(first, second)) {
                socket.getOutputStream().write((ASK + "\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
            try (Socket third = connect(rig)) {
                assertThat(rest(third)).isEmpty();
            }
        }
    }

    @Test
    void onlySoManyHeadersAreRead() {
        try (Rig rig = rig(ListenerLimits.DEFAULT)) {
            HttpRequest.Builder request = rig.to("/crypto/sign?message=m", "alice");
            for (int i = 0; i < HeadLimits.MAX_HEADERS; i++) {
                request.header("X-" + i, "v");
            }

            assertThat(problem(rig.send(request))).isEqualTo("431 headers-too-large");
        }
    }

    @Test
    void whoReadsNothingIsAnsweredNoFurther() throws IOException {
        try (Rig rig = rig(ListenerLimits.DEFAULT);
                Socket socket = connect(rig)) {
            byte[] ask =
                    "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n"
                            .repeat(100)
                            .getBytes(StandardCharsets.US_ASCII);
            socket.setSendBufferSize(1 << 16);
            // All asks fit into the buffers between; their answers, 40 kB each, do not.
            socket.getOutputStream().write(ask);
            double answered =
                    figure(rig, "holdfast_http_answers_seconds_count{route=\"/openapi.yaml\"");
            assertThat(answered).isLessThan(100);

            socket.getOutputStream()
                    .write(
                            "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(rest(socket).split("HTTP/1.1 200 OK", -1)).hasSize(102);
        }
    }

    @Test
    void tlsOffersHttp2AndHttp1() throws IOException, GeneralSecurityException {
        PemCertificate certificate = PemCertificate.make(folder);
        var settings =
                new GatewaySettings(
                        ANY,
                        null,
                        certificate.files(),
                        ListenerLimits.DEFAULT,
                        Rig.ANSWER_WITHIN,
                        2);
        for (HttpClient.Version version : HttpClient.Version.values()) {
            Path store = folder.resolve(version.name());
            try (Rig rig = new Rig(made(store), Rig.Figures.FREE, false, settings);
                    HttpClient client =
                            HttpClient.newBuilder()
                                    .sslContext(certificate.trusting())
                                    .version(version)
                                    .build()) {
                String signed = "https://localhost:" + rig.port + "/crypto/sign";
                List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    answers.add(send(client, to(signed + "?message=" + i).GET()));
                    answers.add(
                            send(
                                    client,
                                    to(signed)
                                            .header("Content-Type", "application/json")
                                            .POST(
                                                    HttpRequest.BodyPublishers.ofString(
                                                            "{\"message\":\"p" + i + "\"}"))));
                }
                for (CompletableFuture<HttpResponse<String>> answer : answers) {
                    assertThat(answer.join().statusCode()).as(answer.join().body()).isIn(200, 202);
                    assertThat(answer.join().version()).isEqualTo(version);
                }
                assertThat(
                                send(
                                                client,
                                                to(signed + "/x")
                                                        .POST(
                                                                HttpRequest.BodyPublishers.ofString(
                                                                        "body nobody reads")))
                                        .join()
                                        .statusCode())
                        .isEqualTo(404);
            }
        }
    }

    @Test
    void operatorsHaveAPlaceOfTheirOwn() throws IOException, InterruptedException {
        var settings =
                new GatewaySettings(ANY, ANY, null, ListenerLimits.DEFAULT, Rig.ANSWER_WITHIN, 2);
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, false, settings);
                HttpClient client = HttpClient.newHttpClient()) {
            String place = "http://127.0.0.1:" + rig.gateway.managementPort();
            for (String path : List.of("/livez", "/readyz", "/metrics")) {
                assertThat(send(client, to(place + path).GET()).join().statusCode()).isEqualTo(200);
            }
            assertThat(send(client, to(place + "/v1/requests").GET()).join().statusCode())
                    .isEqualTo(404);
            assertThat(rig.get("/livez", null).statusCode()).isEqualTo(200);
            assertThat(
                            send(client, to("http://127.0.0.1:" + rig.port + "/metrics").GET())
                                    .join()
                                    .statusCode())
                    .isEqualTo(404);
        }
    }

    private Rig rig(ListenerLimits limits) {
        return new Rig(
                folder,
                Rig.Figures.FREE,
                false,
                new GatewaySettings(ANY, null, null, limits, Rig.ANSWER_WITHIN, 2));
    }

    private static Path made(Path folder) throws IOException {
        return java.nio.file.Files.createDirectories(folder);
    }

    private static HttpRequest.Builder to(String uri) {
        return HttpRequest.newBuilder(URI.create(uri)).header("Authorization", "key-alice");
    }

    private static CompletableFuture<HttpResponse<String>> send(
            HttpClient client, HttpRequest.Builder request) {
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static Socket connect(Rig rig) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** All that comes until the gateway closes. */
    private static String rest(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException reset) {
            return "";
        }
    }

    private static double figure(Rig rig, String name) {
        return rig.get("/metrics", "alice")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
