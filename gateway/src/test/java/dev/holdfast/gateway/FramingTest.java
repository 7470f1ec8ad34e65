package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.door.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where one request ends and the next begins (RFC 9112, sections 3.2, 6.1, 6.3 and 7.1). No head
 * here asks for its connection to be closed: what comes back to the end shows who closed it.
 */
class FramingTest {
    private static final String KEY = "Authorization: key-alice\r\n";
    private static final String POST =
            "POST /crypto/sign HTTP/1.1\r\n" + KEY + "Content-Type: application/json\r\n";
    private static final String CHUNKED = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String BODY = "{\"message\":\"m\"}";
    private static final String CHUNKS = "f\r\n" + BODY + "\r\n0\r\n\r\n";
    private static final String NEXT =
            "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "Content-Length: 25|Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked|Content-Length: 25",
                "Transfer-Encoding: chunked|Content-Length: 0",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked|Transfer-Encoding: chunked",
                "Transfer-Encoding: identity|Content-Length: 25",
                "Transfer-Encoding: identity",
                "Transfer-Encoding:|Content-Length: 25",
                "Transfer-Encoding: chunked;q=1"
            })
    void aBodyThatCouldEndInTwoPlacesIsRefused(String lines) throws IOException {
        String head = POST + "Host: x\r\n" + lines.replace("|", "\r\n") + "\r\n\r\n";

        refused(head + CHUNKS + NEXT, "Transfer-Encoding");
    }

    @Test
    void anOldRequestHasNoChunks() throws IOException {
        String old = POST.replace("HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive");

        refused(old + CHUNKED + CHUNKS + NEXT, "Transfer-Encoding");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "1.1, ''",
        "1.1, Host: x|Host: x|",
        "1.1, host: x|Host: y|",
        "1.0, Host: x|Host: x|"
    })
    void aRequestNamesOneHost(String version, String hosts) throws IOException {
        String head = "GET /livez HTTP/" + version + "\r\n" + hosts.replace("|", "\r\n");

        refused(head + "\r\n" + NEXT, "Host");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\n",
                "-1\r\n",
                "\r\n",
                ";x\r\n",
                "80000000\r\n",
                "f\r\n" + BODY + "XX0\r\n\r\n",
                "f\r\n" + BODY + "\r\n0\r\nno colon\r\n\r\n"
            })
    void whatIsNoChunkIsRefused(String chunks) throws IOException {
        refused(POST + CHUNKED + chunks + NEXT, "body");
    }

    @Test
    void whatIsNoChunkIsRefusedWhereNobodyReadsIt() throws IOException {
        rig.upstream.fault(Fault.of(Fault.Mode.HANG));
        try {
            String held = "/v1/requests/" + rig.pending("held", "alice");

            refused(
                    "GET " + held + " HTTP/1.1\r\nPrefer: wait=30\r\n" + KEY + CHUNKED + "zz\r\n",
                    "body");
        } finally {
            rig.upstream.fault(Fault.NONE);
        }
    }

    @Test
    void whatIsNoChunkEndsItsConnectionAfterItsAnswer() throws IOException {
        String answer = raw("GET /livez HTTP/1.1\r\n" + CHUNKED + "zz\r\n" + NEXT);

        assertThat(answer).startsWith("HTTP/1.1 200 ").containsOnlyOnce("HTTP/1.1 ");
    }

    @Test
    void theRequestBeforeIsAnsweredFirst() throws IOException {
        String before = "GET /crypto/sign?message=before HTTP/1.1\r\nHost: x\r\n" + KEY + "\r\n";
        for (String broken : new String[] {POST + "\r\n", POST + CHUNKED + "zz\r\n"}) {
            String answers = raw(before + broken + NEXT);

            assertThat(answers).startsWith("HTTP/1.1 20");
            assertThat(answers.split("HTTP/1\\.1 400 ")).hasSize(2);
            assertThat(answers.split("HTTP/1\\.1 ")).hasSize(3);
        }
    }

    @Test
    void whatEndsInOnePlaceIsServedAndTheNextRequestToo() throws IOException {
        String lower = "host: x\r\ntransfer-encoding: CHUNKED\r\n\r\n";
        String old = "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        String length = "Host: x\r\nContent-Length: 15\r\n\r\n";
        String answers = raw(POST + lower + CHUNKS + POST + length + BODY + old + NEXT);

        assertThat(answers.split("HTTP/1\\.[01] 200 ")).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10000000c",
                "10000000000000000c",
                " c",
                "c ",
                "\tc",
                "c;",
                "c;a=",
                "c;a=\"x",
                "c;a=\"x\\",
                "c;a=\"\u0001\"",
                "c;=x",
                "c;a b",
                "c a",
                "0xc",
                "+c",
                "c\r",
                "\u0000c"
            })
    void aSizeThatAnotherReaderTakesForAnotherIsRefused(String size) throws IOException {
        String body = "{\"message\":1}";

        refused(POST + CHUNKED + size + "\r\n" + body + "\r\n0\r\n\r\n" + NEXT, "body");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F", "00f", "f;a", "f;a=b;c=\"d;\\\"\"", "f ; a = b"})
    void aSizeMayHaveExtensions(String size) throws IOException {
        String chunks = size + "\r\n" + BODY + "\r\n000;last\r\nX-Sum: 1\r\n\r\n";

        assertThat(raw(POST + CHUNKED + chunks + NEXT).split("HTTP/1\\.1 200 ")).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0\r\nX: y\n\r\n",
                "0\r\n X: y\r\n\r\n",
                "0\r\nX : y\r\n\r\n",
                "0\r\nX: y\r\n\tz\r\n\r\n",
                "0\r\n: y\r\n\r\n",
                "f\n" + BODY + "\n0\n\n",
                "f\r\n" + BODY + "\n0\r\n\r\n"
            })
    void theEndOfTheChunksIsInNoDoubt(String chunks) throws IOException {
        refused(POST + CHUNKED + chunks + NEXT, "body");
    }

    @Test
    void moreExtensionsThanDataAreRefused() throws IOException {
        String chunk = "1;" + "a".repeat(200) + "\r\nx\r\n";

        refused(POST + CHUNKED + chunk.repeat(100) + "0\r\n\r\n" + NEXT, "body");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "1.1, 25|Content-Length: 25",
        "1.0, 15|Content-Length: 15",
        "1.0, 25|Content-Length: 15",
        "1.1, '25, 25'",
        "1.1, +25",
        "1.1, -1",
        "1.1, 0x19",
        "1.1, 2 5",
        "1.1, ''",
        "1.1, '25\u000b'",
        "1.1, 99999999999999999999",
        "1.1, 18446744073709551641"
    })
    void aLengthIsOneNumber(String version, String lengths) throws IOException {
        String head = POST.replace("1.1", version) + "Host: x\r\nContent-Length: ";
        String answer = raw(head + lengths.replace("|", "\r\n") + "\r\n\r\n" + BODY + NEXT);

        assertRefused(answer);
        assertThat(answer).containsAnyOf("\"Content-Length\"", "\"request\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0000GET / HTTP/1.1",
                "\u0001GET / HTTP/1.1",
                "\u007fGET / HTTP/1.1",
                " GET / HTTP/1.1",
                "\tGET / HTTP/1.1",
                "\nGET / HTTP/1.1",
                "\r\n\r\nGET / HTTP/1.1",
                "\rGET / HTTP/1.1",
                "GET\t/ HTTP/1.1",
                "GET /\tHTTP/1.1",
                "GET  / HTTP/1.1",
                "GET /  HTTP/1.1",
                "GET / HTTP/1.1 ",
                "GET / HTTP/1.1\r",
                "GET /\u000bHTTP/1.1",
                "GET / \u000cHTTP/1.1",
                "GET /a b HTTP/1.1",
                "GET /\u007f HTTP/1.1",
                "GET /#a HTTP/1.1",
                "G\"T / HTTP/1.1",
                "GET : / HTTP/1.1",
                "GET x HTTP/1.1",
                "GET * HTTP/1.1",
                "GET x:80 HTTP/1.1",
                "GET ftp://x/ HTTP/1.1",
                "GET http:/// HTTP/1.1",
                "GET http://a@x/ HTTP/1.1",
                "CONNECT / HTTP/1.1",
                "CONNECT x HTTP/1.1",
                "GET /",
                "GET / http/1.1",
                "GET / HTTP/1",
                "GET / HTTP/1.10",
                "GET / HTTP/11.1",
                "GET / HTTP/1,1",
                "GET / HTTPS/1.1",
                "\u0016\u0003\u0001\u0002"
            })
    void whatIsNoRequestLineIsRefused(String line) throws IOException {
        refused(line + "\r\nHost: x\r\n\r\n" + NEXT, "request");
    }

    @Test
    void whatCannotBecomeARequestIsRefusedBeforeItsLineEnds() throws IOException {
        refused("\u0016\u0003\u0001", "request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.9", "1.2", "1.9", "2.0", "3.0", "9.9"})
    void anotherVersionIsAnsweredInOurs(String version) throws IOException {
        String answer = raw("GET /livez HTTP/" + version + "\r\nHost: x\r\n\r\n" + NEXT);

        assertThat(answer)
                .startsWith("HTTP/1.1 505 ")
                .contains("/problems/http-version-not-supported")
                .containsOnlyOnce("HTTP/1.1 505 ")
                .doesNotContain("HTTP/1.1 2");
    }

    @Test
    void thePrefaceOfHttp2IsAnotherVersion() throws IOException {
        assertThat(raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).startsWith("HTTP/1.1 505 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": a",
                " X: a",
                "\tX: a",
                "X : a",
                "X\t: a",
                "X",
                "X\u0000: a",
                "X(): a",
                "\u00e4: a",
                "X: a\u0000",
                "X: \u0001",
                "X: a\rb",
                "X: a\r",
                "X: a\u007f",
                "X: a\r\n b",
                "X: a\r\n\tb",
                "X: a\r\n \r\nY: b",
                "X: a\nY: b",
                "\u000bX: a"
            })
    void whatIsNoHeaderIsRefused(String line) throws IOException {
        String head = "GET /livez HTTP/1.1\r\nHost: x\r\n";

        refused(head + line + "\r\n\r\n" + NEXT, "request");
        refused(head.replace("1.1", "1.0") + line + "\r\n\r\n" + NEXT, "request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@b",
                "h/evil",
                "h\\evil",
                "h?x",
                "h#x",
                "h^x",
                "h x",
                "h:80:81",
                "h:8a",
                "h:-1",
                "h:65536",
                "h:99999999999",
                "[::1",
                "[]",
                "[1]",
                "[::g]",
                "[::1]x",
                "[::1%25eth0]",
                "::1",
                "h%",
                "h%4",
                "h%zz",
                "\u00e4",
                "\"h\"",
                "<h>"
            })
    void aHostIsANameOrAnAddress(String host) throws IOException {
        refused("GET /livez HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + NEXT, "Host");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Xength: 15",
                "Content-xength: 15",
                "Content_Length: 15",
                "Content-Length-: 15",
                "Content-Lengtg: 15",
                "Transfer-Xncoding: chunked",
                "Transfer_Encoding: chunked"
            })
    void onlyTheRightNamesSayWhereABodyEnds(String line) throws IOException {
        String head = "GET /livez HTTP/1.1\r\nHost: x\r\n" + line + "\r\n\r\n";

        assertThat(raw(head + NEXT).split("HTTP/1\\.1 200 ")).hasSize(3);
    }

    @Test
    void aNameThatIsNearlyHostIsNone() throws IOException {
        refused("GET /livez HTTP/1.1\r\nXost: x\r\n\r\n" + NEXT, "Host");
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "http://x/livez, y",
        "http://x/livez, x:81",
        "http://x:81/livez, x",
        "https://x/livez, x:80",
        "HTTP://x/livez, ''"
    })
    void aHostUnlikeThatOfTheUrlIsRefused(String url, String host) throws IOException {
        refused("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + NEXT, "Host");
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "/livez, ''",
        "/livez, localhost:8000",
        "/livez, under_score.example",
        "/livez, h%41",
        "/livez, [::1]:8000",
        "/livez, [::ffff:127.0.0.1]",
        "/livez, 127.0.0.1:",
        "http://x/livez, X",
        "HTTPS://x/livez, x:443",
        "http://x:80/livez?a=b, x"
    })
    void whatIsInNoDoubtIsServed(String target, String host) throws IOException {
        String head = "\r\nGET " + target + " HTTP/1.1\r\nHost:\t " + host + " \t\r\n";

        assertThat(raw(head + "X:\r\nY: \u00e4\tz\r\n\r\n" + NEXT).split("HTTP/1\\.1 200 "))
                .hasSize(3);
    }

    private static void refused(String sent, String field) throws IOException {
        String answer = raw(sent);

        assertRefused(answer);
        assertThat(answer).contains("\"field\":\"" + field + "\"");
    }

    private static void assertRefused(String answer) {
        assertThat(answer)
                .matches("(?s)HTTP/1\\.[01] 400 .*")
                .contains("/problems/invalid-request");
        assertThat(answer.split("HTTP/1\\.[01] \\d")).as("one answer").hasSize(2);
    }

    private static String raw(String sent) throws IOException {
        return rig.raw(sent.getBytes(StandardCharsets.ISO_8859_1));
    }
}
