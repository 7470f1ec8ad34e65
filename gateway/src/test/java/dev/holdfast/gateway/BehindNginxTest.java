package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.wire.BasePath;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Served below a path by nginx with its usual settings; skipped where nginx is not installed. */
@Timeout(120)
class BehindNginxTest {
    private static final Path NGINX =
            Stream.of("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx")
                    .map(Path::of)
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(Path.of("/no-nginx"));

    private static final Pattern REFERENCE = Pattern.compile("(?:src|href)=\"([^\"]+)\"");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** How we know of the prefix, and whether the proxy takes it off. */
    enum Prefix {
        CONFIGURED_AND_TAKEN_OFF,
        CONFIGURED_AND_LEFT_ON,
        NAMED_BY_THE_PROXY
    }

    @ParameterizedTest
    @EnumSource(Prefix.class)
    void everyReferenceLeadsBackToUs(Prefix prefix) throws Exception {
        try (Rig rig = rig(prefix);
                Proxy proxy = new Proxy(rig, prefix)) {
            URI asked = proxy.at("/crypto/sign?message=m");
            HttpResponse<String> receipt = get(asked, "Prefer", "respond-async");
            var body = new JsonObject(receipt.body());

            assertThat(receipt.statusCode()).isEqualTo(202);
            leads(asked, receipt.headers().firstValue("Location").orElseThrow());
            leads(asked, body.getJsonObject("links").getString("self"));
            leads(asked, body.getJsonObject("links").getString("events"));
            JsonObject followed =
                    new JsonObject(
                            get(asked.resolve(body.getJsonObject("links").getString("self")))
                                    .body());
            leads(asked, followed.getJsonObject("links").getString("self"));

            HttpResponse<String> problem = get(proxy.at("/crypto/sign"));
            assertThat(problem.statusCode()).isEqualTo(400);
            leads(asked, new JsonObject(problem.body()).getString("type"));
            HttpResponse<String> refusal = get(proxy.at("/console/none.js"));
            leads(asked, new JsonObject(refusal.body()).getString("type"));

            for (String page : List.of("/console", "/swagger")) {
                URI at = proxy.at(page);
                List<String> references =
                        REFERENCE
                                .matcher(get(at).body())
                                .results()
                                .map(found -> found.group(1))
                                .toList();
                assertThat(references).isNotEmpty();
                references.forEach(reference -> leads(at, reference));
            }
            assertThat(get(proxy.at("/openapi.yaml")).body())
                    .contains("\nservers:\n  - url: /holdfast\n");
            assertThat(get(proxy.at("/swagger/start.js")).body()).contains("url: \"openapi.yaml\"");
            assertThat(get(proxy.at("/console/api.js")).body())
                    .contains("new URL('..', import.meta.url)")
                    .doesNotContain("fetch(path");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/requests/{id}/events", "/console/api/live"})
    void anEventComesWhenItHappens(String stream) throws Exception {
        try (Rig rig = rig(Prefix.CONFIGURED_AND_TAKEN_OFF);
                Proxy proxy = new Proxy(rig, Prefix.CONFIGURED_AND_TAKEN_OFF)) {
            rig.upstream.fault(Fault.of(Fault.Mode.HANG));
            String id = rig.pending("m", "ops");
            HttpRequest request =
                    HttpRequest.newBuilder(proxy.at(stream.replace("{id}", id)))
                            .header("Authorization", "Bearer key-ops")
                            .build();
            CompletableFuture<String> first =
                    http.sendAsync(request, HttpResponse.BodyHandlers.ofLines())
                            .thenApplyAsync(
                                    answer ->
                                            answer.body()
                                                    .filter(line -> line.startsWith("event: "))
                                                    .findFirst()
                                                    .orElseThrow());

            // The stream goes on: a proxy that waits for more would never pass this on.
            assertThat(first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).startsWith("event: ");
            rig.upstream.fault(Fault.NONE);
        } finally {
            http.shutdownNow();
        }
    }

    private Rig rig(Prefix prefix) {
        assumeThat(NGINX).as("nginx is not installed").exists();
        boolean named = prefix == Prefix.NAMED_BY_THE_PROXY;
        return new Rig(
                folder,
                Rig.Figures.FREE,
                false,
                new GatewaySettings(
                        new Place("127.0.0.1", 0),
                        null,
                        null,
                        named ? trusting() : ListenerLimits.DEFAULT,
                        Rig.ANSWER_WITHIN,
                        2,
                        named ? BasePath.NONE : new BasePath("/holdfast")));
    }

    private static ListenerLimits trusting() {
        ListenerLimits usual = ListenerLimits.DEFAULT;
        return new ListenerLimits(
                usual.connections(),
                usual.perAddress(),
                InetAddress::isLoopbackAddress,
                usual.idle(),
                usual.headWithin(),
                usual.bodyWithin(),
                usual.inHandBytes());
    }

    private void leads(URI from, String reference) {
        URI to = from.resolve(reference);
        assertThat(to.getPath()).as(reference).startsWith("/holdfast/");
        try {
            assertThat(get(to).statusCode()).as(reference).isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(reference, e);
        }
    }

    private HttpResponse<String> get(URI uri, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .timeout(PATIENCE)
                        .header("Authorization", "Bearer key-ops");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** nginx before the gateway, at /holdfast/. */
    private final class Proxy implements AutoCloseable {
        private final int port;
        private final Process process;

        Proxy(Rig rig, Prefix prefix) throws IOException {
            try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = probe.getLocalPort();
            }
            Path home = Files.createDirectory(folder.resolve("nginx"));
            Path file = home.resolve("nginx.conf");
            String text = configuration(home, rig.port, prefix);
            Files.writeString(file, text);
            process =
                    new ProcessBuilder(
                                    NGINX.toString(),
                                    "-c",
                                    file.toString(),
                                    "-p",
                                    home.toString(),
                                    "-e",
                                    home.resolve("errors").toString())
                            .redirectErrorStream(true)
                            .redirectOutput(home.resolve("log").toFile())
                            .start();
            awaitListening(home);
        }

        private String configuration(Path home, int gateway, Prefix prefix) {
            String suffix = prefix == Prefix.CONFIGURED_AND_LEFT_ON ? "" : "/";
            String header =
                    prefix == Prefix.NAMED_BY_THE_PROXY
                            ? "proxy_set_header X-Forwarded-Prefix /holdfast;"
                            : "";
            return """
                daemon off;
                master_process off;
                pid %1$s/pid;
                error_log %1$s/errors;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxied;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  server {
                    listen 127.0.0.1:%2$d;
                    location /holdfast/ { proxy_pass http://127.0.0.1:%3$d%4$s; %5$s }
                  }
                }
                """
                    .formatted(home, port, gateway, suffix, header);
        }

        private void awaitListening(Path home) throws IOException {
            long giveUp = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                try {
                    new Socket(InetAddress.getLoopbackAddress(), port).close();
                    return;
                } catch (IOException notYet) {
                    if (!process.isAlive() || System.nanoTime() > giveUp) {
                        process.destroyForcibly();
                        throw new IOException(Files.readString(home.resolve("log")), notYet);
                    }
                    LockSupport.parkNanos(20_000_000);
                }
            }
        }

        URI at(String path) {
            return URI.create("http://127.0.0.1:" + port + "/holdfast" + path);
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            process.onExit().join();
        }
    }
}
