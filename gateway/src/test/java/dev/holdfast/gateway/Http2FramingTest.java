package dev.holdfast.gateway;

import static dev.holdfast.gateway.RawHttp2.DATA;
import static dev.holdfast.gateway.RawHttp2.END_HEADERS;
import static dev.holdfast.gateway.RawHttp2.END_STREAM;
import static dev.holdfast.gateway.RawHttp2.HEADERS;
import static dev.holdfast.gateway.RawHttp2.block;
import static dev.holdfast.gateway.RawHttp2.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 9113, sections 8.1 to 8.5, calls malformed: its stream ends without an answer. */
class Http2FramingTest {
    private static Rig rig;
    private static SSLContext trusting;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        PemCertificate certificate = PemCertificate.make(folder);
        trusting = certificate.trusting();
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0),
                        null,
                        certificate.files(),
                        ListenerLimits.DEFAULT,
                        Rig.ANSWER_WITHIN,
                        2);
        rig = new Rig(folder, Rig.Figures.FREE, false, settings);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":method=GET|:scheme=https|:path=/livez|:authority=x",
                ":method=GET|:scheme=https|:path=/livez|host=x",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|host=x",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|te=trailers",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=\u00e4 b",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|cookie=a|cookie=b"
            })
    void whatIsWellFormedIsServed(String fields) throws IOException {
        RawHttp2.Told told = told(fields);

        assertThat(told.status()).isEqualTo("200");
        assertThat(told.end()).isEqualTo("end");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":method=GET|:scheme=https|:path=/livez",
                ":method=GET|:scheme=https|:path=/livez|:authority=",
                ":method=GET|:scheme=https|:path=/livez|:authority=a@b",
                ":method=GET|:scheme=https|:path=/livez|:authority=h/evil",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|host=y",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|host=x:80",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|host=x|host=x",
                ":method=GET|:scheme=https|:path=/livez|host=h/evil",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|:authority=x",
                ":method=GET|:method=GET|:scheme=https|:path=/livez|:authority=x",
                ":method=GET|:scheme=https|:path=/livez|:path=/livez|:authority=x",
                ":method=G T|:scheme=https|:path=/livez|:authority=x",
                ":method=|:scheme=https|:path=/livez|:authority=x",
                ":method=GET|:scheme=ftp|:path=/livez|:authority=x",
                ":method=GET|:path=/livez|:authority=x",
                ":scheme=https|:path=/livez|:authority=x",
                ":method=GET|:scheme=https|:authority=x",
                ":method=GET|:scheme=https|:path=|:authority=x",
                ":method=GET|:scheme=https|:path=livez|:authority=x",
                ":method=GET|:scheme=https|:path=*|:authority=x",
                ":method=GET|:scheme=https|:path=/a b|:authority=x",
                ":method=GET|:scheme=https|:path=/a#b|:authority=x",
                ":method=GET|:scheme=https|:path=/a\r\nx: y|:authority=x",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|:status=200",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|:x=y",
                ":method=GET|:scheme=https|:path=/livez|a=b|:authority=x",
                ":method=CONNECT|:scheme=https|:path=/livez|:authority=x",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|connection=close",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|transfer-encoding=chunked",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|upgrade=h2c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|te=gzip",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|Upper=a",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a b=c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a:=c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|=c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a\u0000=c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|\u00e4=c",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=b\r\nc: d",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=b\nc",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=\u0000",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=\u007f",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a= b",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|a=b\t",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|content-length=1",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|content-length=+0",
                ":method=GET|:scheme=https|:path=/livez|:authority=x|content-length=0|content-length=1"
            })
    void whatIsMalformedIsReset(String fields) throws IOException {
        assertRefused(told(fields));
    }

    @Test
    void aBodyOfAnotherLengthIsReset() throws IOException {
        try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
            byte[] head =
                    block(
                            ":method",
                            "POST",
                            ":scheme",
                            "https",
                            ":path",
                            "/crypto/sign",
                            ":authority",
                            "x",
                            "authorization",
                            "key-alice",
                            "content-type",
                            "application/json",
                            "content-length",
                            "14");
            connection.send(frame(HEADERS, END_HEADERS, 1, head));
            byte[] body = "{\"message\":\"m\"}".getBytes(StandardCharsets.US_ASCII);
            connection.send(frame(DATA, END_STREAM, 1, body));

            assertRefused(connection.await(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {":path=/x", "a=b\rc", "A=b", "a = b"})
    void trailersAreHeadersToo(String field) throws IOException {
        try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
            byte[] head =
                    block(
                            ":method",
                            "POST",
                            ":scheme",
                            "https",
                            ":path",
                            "/crypto/sign",
                            ":authority",
                            "x",
                            "authorization",
                            "key-alice",
                            "content-type",
                            "application/json");
            connection.send(frame(HEADERS, END_HEADERS, 1, head));
            byte[] body = "{\"message\":\"m\"}".getBytes(StandardCharsets.US_ASCII);
            connection.send(frame(DATA, 0, 1, body));
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields(field)));

            assertRefused(connection.await(1));
        }
    }

    private static void assertRefused(RawHttp2.Told told) {
        assertThat(told.status()).isEmpty();
        assertThat(told.end()).isIn("reset", "goaway", "closed");
    }

    private static RawHttp2.Told told(String fields) throws IOException {
        try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields(fields)));
            return connection.await(1);
        }
    }

    private static byte[] fields(String text) {
        List<String> fields = new ArrayList<>();
        for (String field : text.split("\\|", -1)) {
            int equals = field.indexOf('=');
            fields.add(field.substring(0, equals));
            fields.add(field.substring(equals + 1));
        }
        return block(fields.toArray(String[]::new));
    }
}
