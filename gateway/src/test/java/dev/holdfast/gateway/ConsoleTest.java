package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console's files and its stream; what a browser makes of them is tested with one. */
@Timeout(60)
class ConsoleTest {
    private static final String LIVE = "/console/api/live";
    private static final int MAX_VIEWERS = 32;

    @TempDir private Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private Rig rig;

    @BeforeEach
    void start() {
        rig = new Rig(folder, Rig.Figures.FREE.quota(5));
    }

    @AfterEach
    void stop() {
        client.close();
        rig.close();
    }

    @Test
    void itsPageHoldsNothingButOwnFilesAndIsForAnybody() {
        HttpResponse<String> page = rig.get("/console", null);

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(header(page, "Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self'")
                .doesNotContain("unsafe");
        assertThat(header(page, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(page, "X-Request-Id")).isNotEmpty();
        assertThat(page.body()).doesNotContain("http:", "https:", "style=", "<script>");
    }

    @Test
    void everyFileThatAFileNamesIsServed() {
        List<String> paths = new ArrayList<>(List.of("/console"));
        for (int i = 0; i < paths.size(); i++) {
            HttpResponse<String> file = rig.get(paths.get(i), null);
            assertThat(file.statusCode()).as(paths.get(i)).isEqualTo(200);
            assertThat(header(file, "Content-Type")).as(paths.get(i)).contains(type(paths.get(i)));
            for (String next : Imports.of(paths.get(i), file.body())) {
                if (!paths.contains(next)) {
                    paths.add(next);
                }
            }
        }

        assertThat(paths)
                .contains(
                        "/console/main.js",
                        "/console/parts/slots.js",
                        "/console/lit/lit-html.js",
                        "/console/style/base.css",
                        "/console/icon.svg")
                .hasSizeGreaterThan(25);
    }

    @Test
    void everyModuleIsNamedInThePageSoThatNoneWaitsForAnother() {
        String page = rig.get("/console", null).body();
        List<String> modules = new ArrayList<>(List.of("/console/main.js"));
        for (int i = 0; i < modules.size(); i++) {
            String module = modules.get(i);
            assertThat(page)
                    .contains("<link rel=\"modulepreload\" href=\"" + module.substring(1) + "\">");
            for (String next : Imports.of(module, rig.get(module, null).body())) {
                if (!modules.contains(next)) {
                    modules.add(next);
                }
            }
        }
    }

    private static String type(String path) {
        return path.endsWith(".js")
                ? "text/javascript"
                : path.endsWith(".css")
                        ? "text/css"
                        : path.endsWith(".svg") ? "image/svg+xml" : "text/html";
    }

    @Test
    void aFileThatIsKnownIsNotSentAgainAndAnUnknownOneNotAtAll() {
        String etag = header(rig.get("/console/main.js", null), "ETag");

        assertThat(rig.get("/console/main.js", null, "If-None-Match", etag).statusCode())
                .isEqualTo(304);
        assertThat(rig.call("HEAD", "/console/main.js", null).statusCode()).isEqualTo(200);
        assertThat(rig.call("POST", "/console/main.js", null).statusCode()).isEqualTo(405);
        for (String path :
                List.of(
                        "/console/",
                        "/console/none.js",
                        "/console/../openapi.yaml",
                        "/console/lit/package.json",
                        "/console/dev/holdfast/gateway/openapi.yaml")) {
            assertThat(problem(rig.get(path, null))).as(path).isEqualTo("404 not-found");
        }
    }

    @Test
    void itsStreamIsForAdmins() {
        assertThat(problem(rig.get(LIVE, null))).isEqualTo("401 unauthorized");
        assertThat(problem(rig.get(LIVE, "alice"))).isEqualTo("403 forbidden");
        assertThat(problem(rig.call("POST", LIVE, "ops"))).isEqualTo("405 method-not-allowed");
    }

    @Test
    void itsStreamBeginsWithWhatStaysAndWhatWent() throws IOException {
        try (Stream first = open()) {
            first.next("frame");
        }
        try (Stream stream = open()) {
            JsonNode hello = stream.next("hello");

            assertThat(hello.get("version").asText()).isEqualTo("holdfast 1.2.3");
            assertThat(hello.get("routes").toString()).contains("/crypto/sign");
            assertThat(hello.get("clients").toString()).isEqualTo("[\"alice\",\"bob\",\"ops\"]");
            assertThat(hello.get("history").has("signing")).isTrue();
            assertThat(hello.at("/messages/0/result").asText()).isEqualTo("207.55195");
            assertThat(hello.at("/messages/1/error").asText()).isEqualTo("no");
            assertThat(hello.at("/rates/per_unit/USD").asText()).isEqualTo("0.8182");
        }
    }

    @Test
    void itsStreamShowsEachCallUntilItsSlotIsFree() throws IOException {
        rig.get("/crypto/sign?message=a", "alice");
        rig.get("/crypto/sign?message=b", "bob");
        try (Stream stream = open()) {
            JsonNode frame = stream.frame(one -> one.at("/upstreams/0/outcomes/done").asInt() == 2);
            JsonNode upstream = frame.at("/upstreams/0");

            assertThat(upstream.at("/windows/0/limit").asInt()).isEqualTo(5);
            assertThat(upstream.at("/windows/0/used").asInt()).isEqualTo(2);
            assertThat(upstream.get("calls")).hasSize(2);
            JsonNode call = upstream.at("/calls/0");
            assertThat(call.get("outcome").asText()).isEqualTo("done");
            assertThat(call.get("status").asInt()).isEqualTo(200);
            assertThat(call.get("taken_ms").asLong())
                    .isGreaterThanOrEqualTo(call.get("settled_ms").asLong());
            assertThat(frame.at("/converter/heartbeat_ms").asInt()).isEqualTo(700);
            assertThat(frame.at("/converter/errors/date_in_future").asInt()).isEqualTo(1);
            assertThat(frame.get("store").asBoolean()).isTrue();
        }
    }

    @Test
    void oneViewerTooManyIsRefusedAndTakesThePlaceOfOneThatLeft() throws IOException {
        List<Stream> all = new ArrayList<>();
        try {
            for (int i = 0; i < MAX_VIEWERS; i++) {
                all.add(open());
                all.getLast().next("hello");
            }
            assertThat(problem(rig.get(LIVE, "ops"))).isEqualTo("503 too-many-held");
            all.removeLast().close();
            Stream instead = reopen();
            all.add(instead);
            assertThat(instead.next("hello").has("version")).isTrue();
        } finally {
            for (Stream stream : all) {
                stream.close();
            }
        }
    }

    /** The gateway notices a moment later that one has left. */
    private Stream reopen() throws IOException {
        while (true) {
            HttpResponse<InputStream> answer = answer();
            if (answer.statusCode() == 200) {
                return new Stream(answer.body());
            }
            answer.body().close();
        }
    }

    @Test
    void stoppingEndsTheStreams() throws IOException {
        try (Stream stream = open()) {
            stream.next("hello");
            rig.console.stop().toCompletableFuture().join();

            assertThat(stream.toTheEnd()).isTrue();
        }
    }

    private Stream open() throws IOException {
        HttpResponse<InputStream> answer = answer();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream");
        return new Stream(answer.body());
    }

    private HttpResponse<InputStream> answer() throws IOException {
        try {
            return client.send(
                    rig.to(LIVE, "ops").build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** Server-sent events being read. */
    private static final class Stream implements AutoCloseable {
        private static final ObjectMapper JSON = new ObjectMapper();
        private final BufferedReader lines;

        Stream(InputStream body) {
            lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        }

        /** The data of the next event of this name. */
        JsonNode next(String event) throws IOException {
            String name = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ") && name.equals(event)) {
                    return JSON.readTree(line.substring(6));
                }
            }
            throw new IOException("the stream ended before " + event);
        }

        /** The first frame that is so. */
        JsonNode frame(Predicate<JsonNode> wanted) throws IOException {
            while (true) {
                JsonNode frame = next("frame");
                if (wanted.test(frame)) {
                    return frame;
                }
            }
        }

        /** Reads until it ends; false if it broke. */
        boolean toTheEnd() {
            try {
                return lines.lines().count() >= 0;
            } catch (UncheckedIOException e) {
                return false;
            }
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }
}
