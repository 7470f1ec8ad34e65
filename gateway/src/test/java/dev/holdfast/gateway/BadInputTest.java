package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What no client library sends; after each of them the gateway still signs. */
class BadInputTest {
    private static final String AUTH = "Authorization: key-alice\r\nHost: x\r\n";
    private static final String LAST = AUTH + "Connection: close\r\n";
    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @AfterEach
    void itStillSigns() {
        assertThat(rig.get("/crypto/sign?message=fine", "alice").statusCode()).isEqualTo(200);
    }

    static Stream<Arguments> bad() {
        String post = "POST /crypto/sign HTTP/1.1\r\n" + LAST;
        return Stream.of(
                sent("no message", "GET /crypto/sign HTTP/1.1\r\n" + LAST + "\r\n", 400),
                sent(
                        "an empty message",
                        "GET /crypto/sign?message= HTTP/1.1\r\n" + LAST + "\r\n",
                        400),
                sent(
                        "broken percent signs",
                        "GET /crypto/sign?message=%G1 HTTP/1.1\r\n" + LAST + "\r\n",
                        400),
                sent(
                        "invalid UTF-8, encoded",
                        "GET /crypto/sign?message=%C3%28 HTTP/1.1\r\n" + LAST + "\r\n",
                        400),
                sent(
                        "invalid UTF-8, as it is",
                        "GET /crypto/sign?message=\u00c3( HTTP/1.1\r\n" + LAST + "\r\n",
                        400),
                sent(
                        "two content types",
                        post
                                + "Content-Type: application/json\r\nContent-Type: text/plain\r\n"
                                + "Content-Length: 15\r\n\r\n{\"message\":\"m\"}",
                        400),
                sent(
                        "no content type",
                        post + "Content-Length: 15\r\n\r\n{\"message\":\"m\"}",
                        415),
                sent(
                        "another charset",
                        post
                                + "Content-Type: application/json; charset=latin1\r\n"
                                + "Content-Length: 15\r\n\r\n{\"message\":\"m\"}",
                        415),
                sent(
                        "a compressed body",
                        post
                                + "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
                                + "Content-Length: 15\r\n\r\n{\"message\":\"m\"}",
                        415),
                sent(
                        "broken JSON",
                        post
                                + "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n"
                                + "{\"message\":",
                        400),
                sent(
                        "parameters in two places",
                        "POST /crypto/sign?message=m HTTP/1.1\r\n"
                                + LAST
                                + "Content-Type: application/json\r\n"
                                + "Content-Length: 15\r\n\r\n{\"message\":\"m\"}",
                        400),
                sent(
                        "10,000 headers",
                        "GET /crypto/sign?message=m HTTP/1.1\r\n"
                                + LAST
                                + "X-A: b\r\n".repeat(10_000)
                                + "\r\n",
                        431),
                sent(
                        "a header of a megabyte",
                        "GET / HTTP/1.1\r\n" + LAST + "X-A: " + "b".repeat(1 << 20) + "\r\n\r\n",
                        431),
                sent(
                        "a URI of a megabyte",
                        "GET /" + "b".repeat(1 << 20) + " HTTP/1.1\r\n" + LAST + "\r\n",
                        414),
                sent("what is not HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", 400),
                sent(
                        "two Idempotency-Keys",
                        "GET /crypto/sign?message=m HTTP/1.1\r\n"
                                + LAST
                                + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n",
                        400),
                sent(
                        "two lengths",
                        post
                                + "Content-Type: application/json\r\nContent-Length: 15\r\n"
                                + "Content-Length: 16\r\n\r\n{\"message\":\"m\"}",
                        400),
                sent("a length that is no number", post + "Content-Length: many\r\n\r\n", 400),
                sent(
                        "a path that climbs",
                        "GET /../../etc/passwd HTTP/1.1\r\n" + LAST + "\r\n",
                        404),
                sent("no path", "OPTIONS * HTTP/1.1\r\n" + LAST + "\r\n", 404));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void badInputGetsItsProblem(String what, byte[] bytes, int status) throws IOException {
        String answer = rig.raw(bytes);

        assertThat(answer).as(what).matches("(?s)HTTP/1\\.[01] " + status + " .*");
        assertThat(answer)
                .containsIgnoringCase("content-type: application/problem+json")
                .containsIgnoringCase("x-request-id: ");
    }

    @Test
    void aBodyOfAGigabyteIsRefusedAtOnce() throws IOException {
        assertThat(
                        rig.raw(
                                latin1(
                                        "POST /crypto/sign HTTP/1.1\r\n"
                                                + AUTH
                                                + "Content-Type: application/json\r\n"
                                                + "Content-Length: 1073741824\r\n\r\n")))
                .startsWith("HTTP/1.1 413 ");
        assertThat(
                        rig.raw(
                                latin1(
                                        "GET /livez HTTP/1.1\r\n"
                                                + AUTH
                                                + "Content-Length: 1073741824\r\n\r\n")))
                .containsIgnoringCase("connection: close");
    }

    @Test
    void aBodyWithoutALengthIsRefusedWhenItIsTooLarge() throws IOException {
        String head =
                "POST /crypto/sign HTTP/1.1\r\n"
                        + AUTH
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        byte[] chunk = latin1("10000\r\n" + "x".repeat(0x10000) + "\r\n");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(latin1(head));
            // A little more than the bound: all of it fits into the sockets' buffers.
            out.write(chunk);
            out.flush();
            assertThat(firstLine(socket.getInputStream())).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void anAnnouncedBodyIsLetComeOnlyIfItIsTaken() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            latin1(
                                    "POST /crypto/sign HTTP/1.1\r\n"
                                            + AUTH
                                            + "Content-Type: application/json\r\n"
                                            + "Expect: 100-continue\r\nContent-Length: 15\r\n"
                                            + "\r\n"));
            assertThat(firstLine(socket.getInputStream())).startsWith("HTTP/1.1 100 ");
            assertThat(firstLine(socket.getInputStream())).isEmpty();
            socket.getOutputStream().write(latin1("{\"message\":\"c\"}"));
            assertThat(firstLine(socket.getInputStream())).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aWrongKeyOfTheSameLengthIsRefused() throws IOException {
        String ask = "GET /crypto/sign?message=m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
        assertThat(rig.raw(latin1(ask + "Authorization: key-alicd\r\n\r\n")))
                .startsWith("HTTP/1.1 401 ")
                .doesNotContain("key-ali");
    }

    private static Arguments sent(String what, String bytes, int status) {
        return Arguments.of(what, latin1(bytes), status);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String firstLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().strip();
    }
}
