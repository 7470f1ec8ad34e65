package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Params;
import java.net.URI;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a call sends. */
@Timeout(60)
class CallTemplateTest extends UpstreamCalls {
    @Test
    void aParameterIsPercentEncodedInTheQueryAndHeadersAreSent() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            sign(server, "a b&c=d+é/\"{x}#%", LONG);

            String request = server.request();
            assertThat(request)
                    .startsWith(
                            "GET /base/crypto/sign?message="
                                    + "a%20b%26c%3Dd%2B%C3%A9%2F%22%7Bx%7D%23%25 HTTP/1.1\r\n")
                    .containsIgnoringCase("authorization: top-secret\r\n")
                    .containsIgnoringCase("host: localhost:" + server.port() + "\r\n")
                    .containsIgnoringCase("x-request-id: req-1\r\n")
                    .doesNotContainIgnoringCase("accept-encoding");
        }
    }

    @Test
    void aJsonBodyIsFilledAndEscapedWhereTheParameterStands() throws Exception {
        HttpCallTemplate template =
                with(
                        "POST",
                        "/v2",
                        new CallBody.Json(
                                "{\"text\":\"<{message}>\",\"n\":{count},\"s\":{word},\"o\":{gone}}"));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of("message", "a\"\\\n\u2028é", "count", "1e3", "word", "x\""));

            assertThat(server.request())
                    .startsWith("POST /base/v2 HTTP/1.1\r\n")
                    .containsIgnoringCase("content-type: application/json\r\n")
                    .endsWith(
                            "{\"text\":\"<a\\\"\\\\\\n"
                                    + "\u2028é>\",\"n\":\"1e3\",\"s\":\"x\\\"\",\"o\":null}");
        }
    }

    @Test
    void whatIsNoStringStandsInAJsonBodyAsItWasSaidAndElsewhereAsItsText() throws Exception {
        HttpCallTemplate template =
                new HttpCallTemplate(
                        "PUT",
                        "/v{version}/things/{id}.json",
                        Map.of("limit", "{limit}"),
                        Map.of("x-dry", "{dry}"),
                        new CallBody.Json(
                                "{\"n\":{limit},\"dry\":{dry},\"all\":{filter},\"in\":\"<{limit}>\"}"),
                        RULES,
                        false,
                        TEXT);
        Params params =
                new Params(
                        Map.of("id", "a b"),
                        Map.of(
                                "version", "2",
                                "limit", "1.50e400",
                                "dry", "true",
                                "filter", "{\"a\":[1,\"x\"]}"));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            upstream.call(new Upstream.Call("/crypto/sign", params, 1, "req-1", null, Body.none()))
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS);

            assertThat(server.request())
                    .startsWith("PUT /base/v2/things/a%20b.json?limit=1.50e400 HTTP/1.1\r\n")
                    .containsIgnoringCase("x-dry: true\r\n")
                    .endsWith(
                            "{\"n\":1.50e400,\"dry\":true,\"all\":{\"a\":[1,\"x\"]},"
                                    + "\"in\":\"<1.50e400>\"}");
        }
    }

    @Test
    void aFormBodyIsEncodedAndLeavesOutWhatIsAbsent() throws Exception {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("text value", "{message}");
        fields.put("absent", "{gone}");
        fields.put("fixed", "a&b");
        HttpCallTemplate template = with("POST", "/form", new CallBody.Form(fields));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of("message", "x=y&z"));

            assertThat(server.request())
                    .containsIgnoringCase("content-type: application/x-www-form-urlencoded\r\n")
                    .endsWith("\r\n\r\ntext%20value=x%3Dy%26z&fixed=a%26b");
        }
    }

    @Test
    void aTextBodyIsEscapedAsItsContentTypeSays() throws Exception {
        for (String[] example :
                new String[][] {
                    {"application/x-www-form-urlencoded", "a={message}&b={gone}", "a=x%26y&b="},
                    {"text/plain", "say {message}!", "say x&y!"},
                    {"application/problem+json", "[\"{message}\"]", "[\"x&y\"]"}
                }) {
            HttpCallTemplate template =
                    new HttpCallTemplate(
                            "POST",
                            "/text",
                            Map.of(),
                            Map.of("Content-Type", example[0]),
                            CallBody.of(example[1], example[0]),
                            RULES,
                            false,
                            TEXT);
            try (RawServer server = RawServer.answering(OK);
                    HttpUpstream upstream = upstream(server, LONG, template)) {
                call(upstream, Map.of("message", "x&y"));

                assertThat(server.request())
                        .containsIgnoringCase("content-type: " + example[0] + "\r\n")
                        .endsWith("\r\n\r\n" + example[2]);
            }
        }
    }

    @Test
    void aPostWithoutBodySaysSo() throws Exception {
        HttpCallTemplate template = with("POST", "/none", new CallBody.None());
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of());

            assertThat(server.request()).containsIgnoringCase("content-length: 0\r\n");
        }
    }

    @Test
    void aPathParameterStaysInItsSegment() throws Exception {
        HttpCallTemplate template = with("GET", "/docs/{message}/sign", new CallBody.None());
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            assertThat(call(upstream, Map.of("message", "..")))
                    .isInstanceOf(Outcome.Unsendable.class);
            assertThat(call(upstream, Map.of("message", "half \ud800")))
                    .isInstanceOf(Outcome.Unsendable.class);
            call(upstream, Map.of("message", "a/../b?c#d"));

            assertThat(server.request())
                    .startsWith("GET /base/docs/a%2F..%2Fb%3Fc%23d/sign HTTP/1.1\r\n");
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void aHeaderParameterCannotAddHeaders() throws Exception {
        HttpCallTemplate template =
                new HttpCallTemplate(
                        "GET",
                        "/h",
                        Map.of(),
                        Map.of("x-message", "{message}"),
                        new CallBody.None(),
                        RULES,
                        true,
                        TEXT);
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            assertThat(call(upstream, Map.of("message", "a\r\nx-evil: 1")))
                    .isInstanceOf(Outcome.Unsendable.class);
            call(upstream, Map.of("message", "plain"));

            assertThat(server.request()).containsIgnoringCase("x-message: plain\r\n");
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void aTemplateThatCannotWorkIsRefusedWhenBuilt() {
        HttpCallTemplate broken = with("POST", "/v2", new CallBody.Json("{\"a\":\"{message}}"));
        HttpUpstreamOptions options = options(URI.create("http://localhost:1"), LONG, broken);

        assertThatThrownBy(() -> new HttpUpstream(vertx, options, InstantSource.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("route /crypto/sign");
    }

    @Test
    void headersNeverShow() {
        HttpUpstreamOptions options =
                options(URI.create("http://localhost:1"), LONG, signTemplate());
        HttpUpstream upstream = new HttpUpstream(vertx, options, InstantSource.system());

        assertThat(options + " " + upstream + " " + signTemplate()).doesNotContain("top-secret");
        upstream.close();
    }
}
