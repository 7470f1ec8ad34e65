package dev.holdfast.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** The whole program in this process, with a simulated upstream and a place for webhooks. */
final class Running implements AutoCloseable {
    static final String KEY = "client-key-0123456789abcdef";
    static final String UPSTREAM_KEY = "upstream-key-0123456789";

    /** The headers of each webhook that came. */
    final BlockingQueue<Map<String, String>> webhooks = new LinkedBlockingQueue<>();

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient http = HttpClient.newHttpClient();
    final SimulatedUpstream upstream;
    private final HttpServer receiver;
    final Serve serve;

    /**
     * @param more configuration beside the store, the upstream and the client
     */
    Running(Path folder, String more) {
        this(folder, null, more);
    }

    /**
     * @param url another upstream than the simulated one, or null
     */
    Running(Path folder, String url, String more) {
        this(folder, url, "", more);
    }

    /**
     * @param upstreams more of them
     */
    Running(Path folder, String url, String upstreams, String more) {
        upstream =
                new SimulatedUpstream(
                                vertx, SimulatedUpstream.Options.unlimited(1).key(UPSTREAM_KEY))
                        .start();
        receiver =
                vertx.createHttpServer()
                        .requestHandler(this::webhook)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
        serve =
                Serve.start(
                        settings(
                                folder,
                                url == null ? upstream.uri().toString() : url,
                                upstreams,
                                more));
    }

    private static Settings settings(Path folder, String url, String upstreams, String more) {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                clients: [ { name: shop, key: %s, admin: true } ]
                upstreams:
                  synthesia:
                    url: %s
                    headers: { Authorization: %s }
                    retry: { first: 50ms, max: 50ms }
                %s
                webhooks: { allow-networks: [127.0.0.0/8] }
                %s
                """
                        .formatted(
                                folder.resolve("holdfast.db"),
                                KEY,
                                url,
                                UPSTREAM_KEY,
                                upstreams,
                                more);
        try {
            return Configuration.parse(
                            "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                    .settings();
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private void webhook(HttpServerRequest request) {
        Map<String, String> headers = new TreeMap<>();
        request.headers()
                .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        webhooks.add(headers);
        request.response().end();
    }

    /** Asks, however long that takes, and gives the id of what has ended by then. */
    String ended(String path, String... headers) throws Exception {
        var json = new ObjectMapper();
        String id = json.readTree(get(path, headers).body()).path("id").asText();
        while (!json.readTree(get("/v1/requests/" + id, "Prefer", "wait=10").body())
                .has("completed_at")) {
            Thread.onSpinWait();
        }
        return id;
    }

    /** Where webhooks are received. */
    String receiver() {
        return "http://127.0.0.1:" + receiver.actualPort() + "/hook";
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        return getAs(KEY, path, headers);
    }

    HttpResponse<String> getAs(String key, String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(serve.uri() + path)).header("Authorization", key);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        serve.close();
        upstream.close();
        http.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
