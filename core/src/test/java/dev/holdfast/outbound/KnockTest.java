package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a connection can be had, found out without a call. */
@Timeout(60)
class KnockTest extends UpstreamCalls {
    private static final HttpCallTemplate SIGN =
            HttpCallTemplate.of("GET", "/crypto/sign", Map.of(), Set.of(200), Set.of(), TEXT);

    @Test
    void whoListensOpensAndIsSentNothing() throws Exception {
        CompletableFuture<Boolean> request = new CompletableFuture<>();
        try (RawServer server =
                        new RawServer(connection -> request.complete(connection.readRequest()));
                HttpUpstream upstream = upstream(server, LONG, SIGN)) {
            assertThat(open(upstream)).isTrue();
            assertThat(request.get(20, TimeUnit.SECONDS)).as("a request came").isFalse();
        }
    }

    @Test
    void whereThePortIsClosedNobodyOpens() throws Exception {
        URI gone;
        try (RawServer server = RawServer.answering(OK)) {
            gone = URI.create("http://localhost:" + server.port());
        }
        try (HttpUpstream upstream = upstream(gone, LONG, SIGN)) {
            assertThat(open(upstream)).isFalse();
        }
    }

    @Test
    void aProxyOpensToAnybodyAndTellsNothing() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream =
                        new HttpUpstream(
                                vertx,
                                new HttpUpstreamOptions(
                                        URI.create("http://api.example"),
                                        Map.of(),
                                        LONG,
                                        true,
                                        10,
                                        Map.of("/crypto/sign", SIGN),
                                        Proxies.at("http://127.0.0.1:" + server.port())),
                                () -> NOW)) {
            assertThat(open(upstream)).isFalse();
            assertThat(server.connections()).isZero();
        }
    }

    private static boolean open(HttpUpstream upstream) throws Exception {
        return upstream.knock().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
