package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** An API that a gateway under test calls, and somebody who asks that gateway for its calls. */
final class ServedApi implements AutoCloseable {
    private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

    private final HttpServer server;
    private final HttpClient http = HttpClient.newHttpClient();

    ServedApi(HttpHandler handler) {
        try {
            var place = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            server = HttpServer.create(place, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", handler);
        server.start();
    }

    /** A configuration in which {@code PORT} stands for where this is. */
    String in(String configuration) {
        return configuration.replace("PORT", Integer.toString(server.getAddress().getPort()));
    }

    /** What asks for a receipt; the caller adds what it is about. */
    static HttpRequest.Builder ask(Running running, String path) {
        return HttpRequest.newBuilder(URI.create(running.serve.uri() + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", Running.KEY)
                .header("Prefer", "respond-async");
    }

    /** Sends it; a gateway that is busy is asked again for the same. */
    HttpResponse<String> send(HttpRequest request) throws Exception {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        while (answer.statusCode() == 503) {
            LockSupport.parkNanos(LOOK_NANOS);
            answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        }
        return answer;
    }

    /** Whose receipt or result it is. */
    static String id(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
        return answer.body().replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
    }

    /** Looks until all of that is there; the test's own time limit ends it. */
    static void until(Running running, String path, String... words) throws Exception {
        while (!has(running.get(path).body(), words)) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private static boolean has(String body, String... words) {
        for (String each : words) {
            if (!body.contains(each)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        http.close();
        server.stop(0);
    }
}
