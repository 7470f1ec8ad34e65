package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.wire.BasePath;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a proxy says that it has before every path counts if the proxy is trusted, and is a path.
 */
@Timeout(60)
class ForwardedPrefixTest {
    private static final String PROXY = "127.0.0.9";
    private static final String STRANGER = "127.0.0.3";
    private static final Pattern LOCATION = Pattern.compile("(?i)\nlocation: ([^\r]+)");

    @TempDir Path folder;

    @Test
    void allLinksBeginWithWhatATrustedProxyNames() throws IOException {
        try (Rig rig = rig(BasePath.NONE)) {
            String receipt = ask(rig, PROXY, "X-Forwarded-Prefix: /tools/holdfast");

            assertThat(location(receipt)).startsWith("/tools/holdfast/v1/requests/");
            assertThat(self(receipt)).isEqualTo(location(receipt));
            String inside = location(receipt).substring("/tools/holdfast".length());
            String named = "X-Forwarded-Prefix: /tools/holdfast";
            assertThat(self(get(rig, PROXY, inside, named))).isEqualTo(location(receipt));
            assertThat(get(rig, PROXY, "/v1/requests", named))
                    .contains("\"self\":\"" + location(receipt) + '"');
            assertThat(json(get(rig, PROXY, "/none", named)).getMap())
                    .containsEntry("type", "/tools/holdfast/problems/not-found")
                    .containsEntry("instance", "/tools/holdfast/none");
            assertThat(json(get(rig, PROXY, "/console/none.js", named)).getMap())
                    .containsEntry("type", "/tools/holdfast/problems/not-found");
            assertThat(get(rig, PROXY, "/openapi.yaml", named))
                    .contains("- url: /tools/holdfast\n");
            assertThat(get(rig, PROXY, "/openapi.yaml", "X-None: 1")).contains("- url: /\n");
        }
    }

    @Test
    void itsPathsWorkWithThePrefixLeftOnToo() throws IOException {
        try (Rig rig = rig(BasePath.NONE)) {
            String named = "X-Forwarded-Prefix: /holdfast/";

            assertThat(get(rig, PROXY, "/holdfast/console", named)).startsWith("HTTP/1.1 200 ");
            assertThat(get(rig, PROXY, "/holdfast/console/main.js", named))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(get(rig, PROXY, "/holdfast/third/mount/x", named)).endsWith("the mount");
            assertThat(get(rig, PROXY, "/holdfast/console", "X-None: 1"))
                    .startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void whatTheProxyNamesGoesBeforeWhatIsConfigured() throws IOException {
        try (Rig rig = rig(new BasePath("/configured"))) {
            assertThat(location(ask(rig, PROXY, "X-Forwarded-Prefix: /named")))
                    .startsWith("/named/v1/");
            assertThat(location(ask(rig, PROXY, "X-Forwarded-Prefix: no path")))
                    .startsWith("/configured/v1/");
            assertThat(get(rig, PROXY, "/configured/console", "X-Forwarded-Prefix: /named"))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aStrangersPrefixIsNotRead() throws IOException {
        try (Rig rig = rig(BasePath.NONE)) {
            assertThat(location(ask(rig, STRANGER, "X-Forwarded-Prefix: /holdfast")))
                    .startsWith("/v1/requests/");
            assertThat(get(rig, STRANGER, "/holdfast/console", "X-Forwarded-Prefix: /holdfast"))
                    .startsWith("HTTP/1.1 404 ");
        }
    }

    /** Nothing of it gets into a link that somebody follows, or into a header. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil.example",
                "https://evil.example",
                "/\\evil.example",
                "holdfast",
                "/a//b",
                "/a/../b",
                "/./a",
                "/a?b",
                "/a#b",
                "/a%2fb",
                "/a%0d%0aSet-Cookie:b",
                "/a b",
                "/a;b",
                "/a, /b",
                "/\"><script>",
                "/é",
                "/a\r\nX-Forwarded-Prefix: /b",
                "LONG"
            })
    void whatIsNoPathIsIgnored(String value) throws IOException {
        String text = value.equals("LONG") ? "/" + "a".repeat(BasePath.MAX_CHARS) : value;
        try (Rig rig = rig(BasePath.NONE)) {
            String receipt = ask(rig, PROXY, "X-Forwarded-Prefix: " + text);

            assertThat(location(receipt)).startsWith("/v1/requests/");
            assertThat(self(receipt)).startsWith("/v1/requests/");
        }
    }

    private Rig rig(BasePath base) {
        InetAddress proxy = InetAddress.ofLiteral(PROXY);
        ListenerLimits usual = ListenerLimits.DEFAULT;
        var limits =
                new ListenerLimits(
                        usual.connections(),
                        usual.perAddress(),
                        proxy::equals,
                        usual.idle(),
                        usual.headWithin(),
                        usual.bodyWithin(),
                        usual.inHandBytes());
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0), null, null, limits, Rig.ANSWER_WITHIN, 2, base);
        return new Rig(folder, Rig.Figures.FREE, false, settings);
    }

    private static String ask(Rig rig, String from, String header) throws IOException {
        return get(rig, from, "/crypto/sign?message=m", header + "\r\nPrefer: respond-async");
    }

    /** The whole answer, one byte a character. */
    private static String get(Rig rig, String from, String target, String header)
            throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port));
            String request =
                    "GET %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer key-ops\r\n%s\r\n"
                            .formatted(target, header);
            socket.getOutputStream()
                    .write(
                            (request + "Connection: close\r\n\r\n")
                                    .getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String location(String answer) {
        Matcher found = LOCATION.matcher(answer);
        assertThat(found.find()).as(answer).isTrue();
        return found.group(1);
    }

    private static String self(String answer) {
        return json(answer).getJsonObject("links").getString("self");
    }

    private static JsonObject json(String answer) {
        return new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }
}
