package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configurations of docs/another-api.md, each against a stand-in of its API. */
@Timeout(180)
class AnotherApiTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "another-api.md");
    private static final Map<String, String> KEYS =
            Map.of(
                    "GITHUB_TOKEN", "hub",
                    "STRIPE_KEY", "sk_test",
                    "SHOP_SECRET", "hush",
                    "OPENAI_API_KEY", "sk-open",
                    "PDF_TOKEN", "print");

    @TempDir private Path folder;
    private HttpServer api;

    /** What the stand-in received: method, path, authorization and body. */
    private final Queue<String> received = new ConcurrentLinkedQueue<>();

    /** What it answers, in turn: status and body, with a Retry-After if it is not 200. */
    private final Queue<Map.Entry<Integer, String>> answers = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void start() throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        api = HttpServer.create(any, 0);
        api.createContext("/", this::answer);
        api.start();
    }

    @AfterEach
    void stop() {
        api.stop(0);
    }

    @Test
    void anIssueIsMadeWithJsonOfEveryTypeAndA403ThatAsksToWaitIsWaitedFor() throws Exception {
        answers.add(Map.entry(403, "{\"message\":\"secondary rate limit\"}"));
        answers.add(Map.entry(201, "{\"number\":7}"));
        try (Serve serve = serve("github.yaml")) {
            String issue =
                    "{\"owner\":\"acme\",\"repo\":\"a"
                            + " b\",\"title\":\"5\",\"labels\":[\"bug\",1.0]}";
            assertThat(ask(serve, "/issues", issue)).contains("\"issue\":{\"number\":7}");
        }
        String call =
                "POST /repos/acme/a%20b/issues Bearer hub"
                        + " {\"title\":\"5\",\"body\":\"\",\"labels\":[\"bug\",1.0]}";
        assertThat(received).containsExactly(call, call);
    }

    @Test
    void whatAnSdkSendsIsPassedOnAndWhatTheApiSaysComesBack() throws Exception {
        String none = "{\"error\":{\"code\":\"insufficient_quota\"}}";
        answers.add(Map.entry(429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}"));
        answers.add(Map.entry(200, "{\"choices\":[]}"));
        answers.add(Map.entry(429, none));
        try (Serve serve = serve("openai.yaml");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    client.send(
                            post(serve, "/openai/v1/chat/completions?x=1", "{\"model\":\"m\"}"),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"choices\":[]}");
            HttpResponse<String> refused =
                    client.send(
                            post(serve, "/openai/v1/chat/completions", "{}"),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo(none);
        }
        String call = "POST /v1/chat/completions Bearer sk-open {\"model\":\"m\"}";
        assertThat(received)
                .containsExactly(call, call, "POST /v1/chat/completions Bearer sk-open {}");
    }

    @Test
    void aDocumentIsKeptAsItCame() throws Exception {
        String pdf = "%PDF-1.7 " + "x".repeat(200_000);
        answers.add(Map.entry(200, pdf));
        try (Serve serve = serve("pdf.yaml");
                HttpClient client = HttpClient.newHttpClient()) {
            String page = "{\"html\":\"<p>1</p>\",\"format\":\"a4\",\"landscape\":true}";
            String told = ask(serve, "/pdf", page);
            assertThat(told).contains("\"bytes\":" + pdf.length());
            Matcher link = Pattern.compile("\"(/v1/requests/[^\"]+/result)\"").matcher(told);
            assertThat(link.find()).as(told).isTrue();
            var document = HttpRequest.newBuilder(serve.uri().resolve(link.group(1))).build();
            assertThat(client.send(document, HttpResponse.BodyHandlers.ofString()).body())
                    .isEqualTo(pdf);
        }
        assertThat(received)
                .containsExactly("POST /render/a4 null {\"html\":\"<p>1</p>\",\"landscape\":true}");
    }

    @Test
    void aLargeAnswerIsLinkedToAndWhatStandsAtItsEndIsSeen() throws Exception {
        String large = "{\"body\":\"" + "é".repeat(1 << 20) + "\",\"number\":8}";
        answers.add(Map.entry(201, large));
        try (Serve serve = serve("github.yaml");
                HttpClient client = HttpClient.newHttpClient()) {
            String issue = "{\"owner\":\"acme\",\"repo\":\"a\",\"title\":\"6\"}";
            String told = ask(serve, "/issues", issue);
            assertThat(told)
                    .contains("\"content_type\":\"application/json\"")
                    .contains("\"bytes\":" + large.getBytes(StandardCharsets.UTF_8).length)
                    .doesNotContain("\"issue\"");
            Matcher link = Pattern.compile("\"(/v1/requests/[^\"]+/result)\"").matcher(told);
            assertThat(link.find()).as(told).isTrue();
            var all = HttpRequest.newBuilder(serve.uri().resolve(link.group(1))).build();
            assertThat(client.send(all, HttpResponse.BodyHandlers.ofString()).body())
                    .isEqualTo(large);
            var part = HttpRequest.newBuilder(all, (_, _) -> true).header("Range", "bytes=-2");
            assertThat(client.send(part.build(), HttpResponse.BodyHandlers.ofString()).body())
                    .isEqualTo("8}");
            var text =
                    HttpRequest.newBuilder(post(serve, "/issues", issue), (_, _) -> true)
                            .header("Idempotency-Key", Integer.toString(issue.hashCode()))
                            .header("Accept", "text/plain");
            HttpResponse<String> again =
                    client.send(text.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(again.statusCode()).isEqualTo(201);
            assertThat(again.body()).isEqualTo(large);
        }
        assertThat(received).hasSize(1);
    }

    private static HttpRequest post(Serve serve, String path, String body) {
        return HttpRequest.newBuilder(serve.uri().resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    @Test
    void aChargeIsAFormOfAUserWithoutAPassword() throws Exception {
        answers.add(Map.entry(200, "{\"id\":\"ch_1\"}"));
        try (Serve serve = serve("stripe.yaml")) {
            String charge =
                    "{\"order\":\"o-1\",\"amount\":1999,\"currency\":\"eur\",\"source\":\"tok\"}";
            assertThat(ask(serve, "/charge", charge)).contains("\"charge\":{\"id\":\"ch_1\"}");
        }
        String user =
                Base64.getEncoder().encodeToString("sk_test:none".getBytes(StandardCharsets.UTF_8));
        assertThat(received)
                .containsExactly(
                        "POST /v1/charges Basic " + user + " amount=1999&currency=eur&source=tok");
    }

    @Test
    void anErrorInsideA200IsOneAndTheTokenIsFetchedOnce() throws Exception {
        String throttled = "{\"errors\":[{\"extensions\":{\"code\":\"THROTTLED\",\"wait\":1}}]}";
        answers.add(Map.entry(200, "{\"access_token\":\"t1\",\"expires_in\":3600}"));
        answers.add(Map.entry(200, throttled));
        answers.add(Map.entry(200, "{\"data\":{\"order\":null}}"));
        answers.add(Map.entry(200, "{\"errors\":[{\"message\":\"no such field\"}]}"));
        try (Serve serve = serve("graphql.yaml")) {
            assertThat(ask(serve, "/order", "{\"id\":\"o-1\",\"n\":3}"))
                    .contains("\"answer\":{\"data\":{\"order\":null}}");
            assertThat(ask(serve, "/order", "{\"id\":\"o-2\"}"))
                    .contains("upstream-rejected", "no such field");
        }
        assertThat(received).hasSize(4);
        assertThat(received.poll())
                .startsWith("POST /oauth/token Basic ")
                .endsWith("grant_type=client_credentials&scope=orders");
        assertThat(received.poll())
                .startsWith("POST /graphql Bearer t1 {\"query\":\"query($id: ID!, $n: Int)")
                .endsWith("\"variables\":{\"id\":\"o-1\",\"n\":3}}");
    }

    @Test
    void neitherATokenThatIsRefusedNorAnEndpointThatFailsCostsAnAttempt() throws Exception {
        answers.add(Map.entry(500, "no token today"));
        answers.add(Map.entry(200, "{\"access_token\":\"t1\",\"expires_in\":3600}"));
        answers.add(Map.entry(401, "{}"));
        answers.add(Map.entry(200, "{\"access_token\":\"t2\",\"expires_in\":3600}"));
        answers.add(Map.entry(200, "{\"data\":7}"));
        String one = "quota: [ { limit: 40, window: 1m } ]\n    retry: { max-attempts: 1 }";
        try (Serve serve = serve("graphql.yaml", "quota: .*", one)) {
            assertThat(ask(serve, "/order", "{\"id\":\"o-1\"}"))
                    .contains("\"answer\":{\"data\":7}");
        }
        assertThat(received)
                .extracting(call -> call.split(" ", 4)[1])
                .containsExactly(
                        "/oauth/token", "/oauth/token", "/graphql", "/oauth/token", "/graphql");
    }

    private void answer(HttpExchange call) throws IOException {
        String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        received.add(
                call.getRequestMethod()
                        + " "
                        + call.getRequestURI().getRawPath()
                        + " "
                        + call.getRequestHeaders().getFirst("Authorization")
                        + " "
                        + body);
        Map.Entry<Integer, String> next = answers.remove();
        if (next.getKey() >= 300) {
            call.getResponseHeaders().add("Retry-After", "1");
        }
        byte[] bytes = next.getValue().getBytes(StandardCharsets.UTF_8);
        call.getResponseHeaders().add("Content-Type", "application/json");
        call.sendResponseHeaders(next.getKey(), bytes.length);
        call.getResponseBody().write(bytes);
        call.close();
    }

    /** The end of an ask, however often it takes to ask for it. */
    private static String ask(Serve serve, String path, String body) throws Exception {
        var ask =
                HttpRequest.newBuilder(serve.uri().resolve(path))
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", Integer.toString(body.hashCode()))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer;
            do {
                answer = client.send(ask, HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202, 422, 503);
            } while (answer.statusCode() == 202 || answer.statusCode() == 503);
            return answer.body();
        }
    }

    private Serve serve(String name) throws Exception {
        return serve(name, "no such line", "");
    }

    private Serve serve(String name, String replaced, String by) throws Exception {
        String yaml =
                block(name)
                                .replaceFirst(replaced, by)
                                .replaceAll(
                                        "https://[a-z.]+",
                                        "http://127.0.0.1:" + api.getAddress().getPort())
                        + "server: { port: 0 }\nstore: { url: \"sqlite:"
                        + folder.resolve("holdfast.db")
                        + "\" }\n";
        Configuration configuration =
                Configuration.parse(
                        name, yaml, Variables.of(KEYS), Purpose.GATEWAY, store -> false);
        return Serve.start(configuration.settings());
    }

    private static String block(String name) throws IOException {
        Pattern block = Pattern.compile("(?s)```yaml " + Pattern.quote(name) + "\n(.*?)```");
        Matcher found = block.matcher(Files.readString(DOCUMENT));
        assertThat(found.find()).as(name).isTrue();
        return found.group(1);
    }
}
