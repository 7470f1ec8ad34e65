package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
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
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Routes of one's own in the browser: what was passed on at the console, and /swagger. */
@ExtendWith(Chromium.class)
@Timeout(120)
class PassedPageTest {
    /** A red pixel. */
    private static final byte[] PNG =
            Base64.getDecoder()
                    .decode(
                            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==");

    private static final String PAGE = "<script>document.title = 'it ran'</script>";

    @TempDir private Path folder;
    private HttpServer api;
    private Serve serve;

    @BeforeEach
    void begin() throws Exception {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", PassedPageTest::answer);
        api.start();
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams:
                  api: { url: "http://127.0.0.1:%d", quota: [] }
                routes:
                  - path: /greet
                    methods: [GET]
                    upstream: api
                    call: { method: GET, path: /greet, query: { name: "{name}" } }
                    params: { name: {} }
                    result: { field: greeting, from: text }
                  - path: /any/{rest...}
                    methods: [GET]
                    upstream: api
                    pass: { path: "/{rest}", query: true }
                """
                        .formatted(folder.resolve("holdfast.db"), api.getAddress().getPort());
        serve =
                Serve.start(
                        Configuration.parse(
                                        "test",
                                        yaml,
                                        Variables.of(Map.of()),
                                        Purpose.GATEWAY,
                                        store -> false)
                                .settings());
    }

    @AfterEach
    void end() {
        serve.close();
        api.stop(0);
    }

    private static void answer(HttpExchange call) throws IOException {
        byte[] body =
                switch (call.getRequestURI().getPath()) {
                    case "/picture" -> PNG;
                    case "/object" -> "{\"a\":[1,2.50]}".getBytes(StandardCharsets.UTF_8);
                    case "/greet" ->
                            ("hello " + call.getRequestURI().getQuery())
                                    .getBytes(StandardCharsets.UTF_8);
                    default -> PAGE.getBytes(StandardCharsets.UTF_8);
                };
        String type =
                switch (call.getRequestURI().getPath()) {
                    case "/picture" -> "image/png";
                    case "/object" -> "application/json";
                    case "/greet" -> "text/plain";
                    default -> "text/html";
                };
        call.getResponseHeaders().add("Content-Type", type);
        call.sendResponseHeaders(200, body.length);
        call.getResponseBody().write(body);
        call.close();
    }

    /** The id of a request that was passed on. */
    private String passed(String path) throws Exception {
        URI ask = serve.uri().resolve("/any" + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<Void> answer =
                    client.send(
                            HttpRequest.newBuilder(ask).build(),
                            HttpResponse.BodyHandlers.discarding());
            return answer.headers().firstValue("holdfast-request-id").orElseThrow();
        }
    }

    @Test
    void picturesAndJsonAreShownAndNothingRuns(Browser browser) throws Exception {
        String picture = passed("/picture");
        String object = passed("/object");
        String page = passed("/page");
        try (ConsolePage console = ConsolePage.at(browser, serve.uri())) {
            console.go("/requests/" + picture);
            console.expect(".preview img");
            console.until("document.querySelector('.preview img')?.naturalWidth === 1");
            console.go("/requests/" + object);
            console.expectText(".preview pre", "2.5");
            console.go("/requests/" + page);
            console.expect(".preview button");
            console.expectCount(".preview img", 0);
            console.expectCount(".preview pre", 0);
            assertThat(console.page.title()).doesNotContain("it ran");
        }
    }

    @Test
    void aConfiguredRouteIsTriedAtSwagger(Browser browser) {
        try (Page page = browser.newPage()) {
            page.setDefaultTimeout(ConsolePage.PATIENCE_MILLIS);
            PlaywrightAssertions.setDefaultAssertionTimeout(ConsolePage.PATIENCE_MILLIS);
            page.navigate(serve.uri().resolve("/swagger").toString());
            Locator greet =
                    page.locator(".opblock")
                            .filter(
                                    new Locator.FilterOptions()
                                            .setHas(page.locator("[data-path='/greet']")))
                            .first();
            greet.locator(".opblock-summary-control").first().click();
            greet.locator("button.try-out__btn").click();
            greet.locator("tr[data-param-name='name'] input").fill("Ada");
            greet.locator("button.execute").click();
            Locator answer = greet.locator(".live-responses-table tbody").first();
            PlaywrightAssertions.assertThat(answer).containsText("200");
            PlaywrightAssertions.assertThat(answer).containsText("hello name=Ada");
            assertThat(page.locator("[data-path='/any/{rest}']").count()).isPositive();
        }
    }
}
