package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Params;
import dev.holdfast.request.Result;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How an upstream is told who calls it, against a real token endpoint. */
@Timeout(60)
class AuthTest extends UpstreamCalls {
    private static final String SECRET = "s3cret:/ü";
    private static final Outcome DONE = new Outcome.Done(new Result(200, "ok"));

    @Test
    void aUserAndItsPasswordGoWithEachCall() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, new Auth.Basic("me", "pä:ss"))) {
            call(upstream, Map.of("message", "m"));

            assertThat(server.request())
                    .containsIgnoringCase("authorization: Basic " + Auth.base64("me:pä:ss"));
        }
    }

    @Test
    void oneTokenIsFetchedForAllThatWait() throws Exception {
        try (RawServer server = RawServer.answering(answer(200, "ok"));
                RawServer endpoint = RawServer.answering(token("abc"));
                HttpUpstream upstream = upstream(server, auth(endpoint, false))) {
            List<CompletionStage<Outcome>> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                all.add(
                        upstream.call(
                                new Upstream.Call(
                                        "/crypto/sign", Map.of("message", "m"), 1, "req-" + i)));
            }
            for (CompletionStage<Outcome> one : all) {
                assertThat(one.toCompletableFuture().get(30, TimeUnit.SECONDS)).isEqualTo(DONE);
                assertThat(server.request()).containsIgnoringCase("authorization: Bearer abc\r\n");
            }

            assertThat(endpoint.request())
                    .startsWith("POST /token?x=1 HTTP/1.1\r\n")
                    .containsIgnoringCase("accept: application/json\r\n")
                    .containsIgnoringCase(
                            "authorization: Basic " + Auth.base64("my%2Fid:s3cret%3A%2F%C3%BC"))
                    .endsWith("\r\n\r\ngrant_type=client_credentials&scope=read+all");
            assertThat(endpoint.unreadRequests()).isZero();
        }
    }

    @Test
    void aPartitionsOwnHeadersTakeThePlaceOfWhatIsConfigured() throws Exception {
        OwnHeaders own =
                new OwnHeaders(new TreeMap<>(Map.of("authorization", "Bearer own", "x-team", "a")));
        Upstream.Call call =
                new Upstream.Call(
                        "/crypto/sign",
                        Params.of(Map.of("message", "m")),
                        1,
                        "req-1",
                        null,
                        Body.none(),
                        null,
                        own,
                        CompletableFuture.completedStage(null));
        assertThat(call.toString()).doesNotContain("Bearer own");
        try (RawServer server = RawServer.answering(answer(200, "ok"));
                RawServer endpoint = new RawServer(AuthTest::neverAnswer)) {
            for (Auth auth : List.of(new Auth.Basic("me", "pass"), auth(endpoint, false))) {
                try (HttpUpstream upstream = upstream(server, auth)) {
                    assertThat(upstream.call(call).toCompletableFuture().get(30, TimeUnit.SECONDS))
                            .isEqualTo(DONE);
                    assertThat(server.request())
                            .containsIgnoringCase("authorization: Bearer own\r\n")
                            .containsIgnoringCase("x-team: a\r\n")
                            .doesNotContainIgnoringCase("basic");
                }
            }
        }
    }

    @Test
    void theClientsCredentialsMayGoIntoTheBody() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                RawServer endpoint = RawServer.answering(token("abc"));
                HttpUpstream upstream = upstream(server, auth(endpoint, true))) {
            call(upstream, Map.of("message", "m"));

            assertThat(endpoint.request())
                    .doesNotContainIgnoringCase("authorization:")
                    .endsWith("&client_id=my%2Fid&client_secret=s3cret%3A%2F%C3%BC");
        }
    }

    @Test
    void aRefusedTokenIsReplacedOnceAndThenTheCredentialIsRefused() throws Exception {
        List<String> tokens = List.of("one", "two", "three");
        int[] given = {0};
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    while (connection.readRequest()) {
                                        connection.write(answer(401, "no"));
                                    }
                                });
                RawServer endpoint =
                        new RawServer(
                                connection -> {
                                    while (connection.readRequest()) {
                                        connection.write(token(tokens.get(given[0]++)));
                                    }
                                });
                HttpUpstream upstream = upstream(server, auth(endpoint, false))) {
            assertThat(call(upstream, Map.of("message", "m"))).isEqualTo(new Outcome.Stale());
            assertThat(call(upstream, Map.of("message", "m")))
                    .isEqualTo(new Outcome.Unauthorized("no"));
            assertThat(call(upstream, Map.of("message", "m")))
                    .isEqualTo(new Outcome.Unauthorized("no"));
            assertThat(given[0]).as("tokens that were fetched").isEqualTo(2);
        }
    }

    @Test
    void withoutATokenNothingIsSent() throws Exception {
        String huge = answer(200, "{\"access_token\":\"" + "t".repeat(70_000) + "\"}");
        for (String broken :
                List.of(
                        answer(500, "no"),
                        answer(200, "{}"),
                        huge,
                        "HTTP/1.1 302 X\r\nlocation: /y\r\ncontent-length: 0\r\n\r\n",
                        "not http\r\n\r\n")) {
            assertThat(without(broken)).isEqualTo(new Outcome.Uncalled(Duration.ofSeconds(1)));
        }
        String later = "HTTP/1.1 503 X\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        assertThat(without(later)).isEqualTo(new Outcome.Uncalled(Duration.ofSeconds(7)));
        assertThat(without(answer(401, "{\"error\":\"invalid_client\"}")))
                .isEqualTo(new Outcome.Uncalled(null));
    }

    @Test
    void anEndpointThatHangsLeavesNoCallWithoutItsTime() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                RawServer endpoint = new RawServer(AuthTest::neverAnswer);
                HttpUpstream upstream =
                        new HttpUpstream(
                                vertx,
                                options(server, auth(endpoint, false), Duration.ofMillis(400)),
                                InstantSource.system())) {
            assertThat(call(upstream, Map.of("message", "m")))
                    .isEqualTo(new Outcome.Uncalled(Duration.ofSeconds(1)));
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void noSecretIsInAnyText() throws Exception {
        try (RawServer endpoint = RawServer.answering(token("abc"))) {
            Auth auth = auth(endpoint, true);
            assertThat(auth.toString()).doesNotContain(SECRET);
            assertThat(new Auth.Basic("me", SECRET).toString()).doesNotContain(SECRET);
            assertThat(options(endpoint, auth, LONG).toString()).doesNotContain(SECRET);
        }
    }

    @Test
    void twoWaysToSayWhoCallsAreRefused() {
        assertThatThrownBy(
                        () ->
                                new HttpUpstreamOptions(
                                        URI.create("http://localhost"),
                                        Map.of("authorization", "x"),
                                        new Auth.Basic("me", "x"),
                                        LONG,
                                        true,
                                        OutboundTls.PLAIN,
                                        1,
                                        Map.of(),
                                        Proxies.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static void neverAnswer(RawServer.Connection connection) throws IOException {
        while (connection.readRequest()) {
            // The next one never comes.
        }
    }

    private static Outcome without(String answer) throws Exception {
        try (RawServer server = RawServer.answering(OK);
                RawServer endpoint = RawServer.answering(answer);
                HttpUpstream upstream = upstream(server, auth(endpoint, false))) {
            Outcome outcome = call(upstream, Map.of("message", "m"));
            assertThat(server.unreadRequests()).isZero();
            return outcome;
        }
    }

    private static Auth.OAuth2 auth(RawServer endpoint, boolean inBody) {
        URI url = URI.create("http://localhost:" + endpoint.port() + "/token?x=1");
        Duration early = Duration.ofSeconds(60);
        return new Auth.OAuth2(url, "my/id", SECRET, inBody ? null : "read all", inBody, early);
    }

    private static HttpUpstream upstream(RawServer server, Auth auth) {
        return new HttpUpstream(vertx, options(server, auth, LONG), InstantSource.system());
    }

    private static HttpUpstreamOptions options(RawServer server, Auth auth, Duration timeout) {
        return new HttpUpstreamOptions(
                URI.create("http://localhost:" + server.port()),
                Map.of(),
                auth,
                timeout,
                true,
                OutboundTls.PLAIN,
                10,
                Map.of("/crypto/sign", signTemplate()),
                Proxies.NONE);
    }

    private static String token(String value) {
        return answer(200, "{\"access_token\":\"" + value + "\",\"expires_in\":3600}");
    }

    private static String answer(int status, String body) {
        return "HTTP/1.1 " + status + " X\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
    }
}
