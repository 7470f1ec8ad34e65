package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Slots that others took who call with the same key. */
@ExtendWith(Chromium.class)
@Timeout(90)
class SharedQuotaPageTest {
    private static final int SLOTS = 6;
    private static final int LEFT = 2;
    private static final String FILL =
            "getComputedStyle(document.querySelector('.slots circle.%s')).fill";

    @TempDir Path folder;

    @Test
    void whatOthersTookIsDrawnInAColourOfItsOwnAndNeitherFreeNorOurs(Browser browser)
            throws Exception {
        HttpServer upstream = upstream();
        upstream.start();
        try (Serve serve = Serve.start(settings(upstream.getAddress().getPort()));
                HttpClient http = HttpClient.newHttpClient()) {
            ask(http, serve.uri());
            try (ConsolePage console = ConsolePage.at(browser, serve.uri())) {
                console.expectText(".headline", "4 of 6 slots taken, 3 of them by others");
                console.expectCount(".slots circle.strangers", SLOTS - LEFT - 1);
                console.expectCount(".slots circle.free", LEFT);
                console.expectCount(".slots a.call:not(.gone)", 1);
                console.expectText(".legend .strangers", "others' calls");
                assertThat(console.text(FILL.formatted("strangers")))
                        .isNotEqualTo(console.text(FILL.formatted("free")));
                console.verify();
            }
        } finally {
            upstream.stop(0);
        }
    }

    /** Its own headers say what is left, whoever took the rest. */
    private static HttpServer upstream() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    exchange.getResponseHeaders().add("X-RateLimit-Limit", "" + SLOTS);
                    exchange.getResponseHeaders().add("X-RateLimit-Remaining", "" + LEFT);
                    exchange.getResponseHeaders().add("X-RateLimit-Reset", "60");
                    byte[] signature = "c2lnbmVk".getBytes(StandardCharsets.US_ASCII);
                    exchange.sendResponseHeaders(200, signature.length);
                    exchange.getResponseBody().write(signature);
                    exchange.close();
                });
        return server;
    }

    private Settings settings(int port) throws ConfigurationException {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams:
                  synthesia:
                    url: http://127.0.0.1:%d
                    headers: { Authorization: any }
                    quota: [ { limit: %d, window: 60s } ]
                    shared: { headers: auto }
                """
                        .formatted(folder.resolve("holdfast.db"), port, SLOTS);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }

    private static void ask(HttpClient http, URI gateway) throws Exception {
        HttpResponse<String> answer =
                http.send(
                        HttpRequest.newBuilder(gateway.resolve("/crypto/sign?message=one")).build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
}
