package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.Fault;
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
                "Transfer-Encoding: chunked;q=1",
                "Transfer-Encoding:| chunked"
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

    private static void refused(String sent, String field) throws IOException {
        String answer = raw(sent);

        assertThat(answer)
                .matches("(?s)HTTP/1\\.[01] 400 .*")
                .contains("/problems/invalid-request")
                .contains("\"field\":\"" + field + "\"");
        assertThat(answer.split("HTTP/1\\.[01] \\d")).as("one answer").hasSize(2);
    }

    private static String raw(String sent) throws IOException {
        return rig.raw(sent.getBytes(StandardCharsets.ISO_8859_1));
    }
}
