package dev.holdfast.app.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.Variables;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was promised under a configuration is not forgotten under the next. */
class LeftOversTest {
    @TempDir Path folder;

    /** A route to an upstream that nobody listens for. */
    private Settings settings(String upstream, String route) throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams: { %s: { url: "http://127.0.0.1:1", headers: {} } }
                routes:
                  - path: %s
                    upstream: %s
                    call: { method: GET, path: /x, query: { message: "{message}" } }
                    params: { message: { required: true } }
                    result: { field: answer, from: text }
                """
                        .formatted(folder.resolve("holdfast.db"), upstream, route, upstream);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }

    @ParameterizedTest
    @CsvSource({"one, /new", "other, /old", "other, /new"})
    void aRouteThatIsStillOwedIsMissed(String upstream, String route) throws Exception {
        String id;
        try (Serve serve = Serve.start(settings("one", "/old"));
                var client = new GatewayClient(serve.uri(), null)) {
            var receipt = client.get("/old?message=m", null);
            assertThat(receipt.status()).isEqualTo(202);
            id = receipt.text("id");
        }

        assertThatThrownBy(() -> Serve.start(settings(upstream, route)).close())
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> {
                            assertThat(failure.status()).isEqualTo(Failure.USAGE);
                            assertThat(failure)
                                    .hasMessageContaining("route /old of the upstream one is not")
                                    .hasMessageContaining("but 1 of its calls");
                        });

        try (Serve serve = Serve.start(settings("one", "/old"));
                var client = HttpClient.newHttpClient()) {
            URI uri = serve.uri().resolve("/v1/requests/" + id);
            var cancelled =
                    client.send(
                            HttpRequest.newBuilder(uri).DELETE().build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(cancelled.statusCode()).isEqualTo(200);
        }
        Serve.start(settings(upstream, route)).close();
    }

    @Test
    void aRouteThatOwesNothingMayGo() throws Exception {
        Serve.start(settings("one", "/old")).close();
        try (Serve serve = Serve.start(settings("other", "/new"));
                var client = new GatewayClient(serve.uri(), null)) {
            assertThat(client.get("/old?message=m", null).status()).isEqualTo(404);
        }
    }
}
