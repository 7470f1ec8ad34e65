package dev.holdfast.app.power;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An upstream with a quota, whose window is longer than a start takes; its every signature is
 * another one, and it fails the first call for every fifth message. One without, of large bodies
 * and answers. And who takes webhooks.
 */
final class Surroundings implements AutoCloseable {
    static final int LIMIT = 24;
    static final Duration WINDOW = Duration.ofSeconds(2);

    private static final Duration LATENCY = Duration.ofMillis(15);
    private static final int FAIL_EVERY = 5;
    private static final String LARGE = "/large/";

    private final Vertx vertx = Vertx.vertx();
    private final Observer observer;
    private final HttpServer server;
    private final Set<String> failed = new HashSet<>();

    Surroundings(Observer observer) {
        this.observer = observer;
        server =
                vertx.createHttpServer()
                        .requestHandler(this::handle)
                        .listen(0, "127.0.0.1")
                        .await();
    }

    String webhook() {
        return "http://127.0.0.1:" + server.actualPort() + "/hook";
    }

    String yaml() {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%1$d
            headers: {}
            quota: [ { limit: %2$d, window: %3$dms } ]
            concurrency: 10
            retry: { first: 50ms, max: 100ms }
          large: { url: "http://127.0.0.1:%1$d", headers: {}, quota: [], concurrency: 4, retry: { first: 50ms, max: 100ms } }
        routes:
          - path: /crypto/sign
            methods: [GET]
            upstream: synthesia
            call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
            params: { message: { required: true, max-bytes: 4096 } }
            result: { field: signature, from: text }
            cache: { ttl: 24h }
          - { path: "/any/{rest...}", methods: [PUT], upstream: large, repeatable: true, pass: { path: "/{rest}" } }
        webhooks: { allow-networks: [127.0.0.0/8] }
        """
                .formatted(server.actualPort(), LIMIT, WINDOW.toMillis());
    }

    private void handle(HttpServerRequest request) {
        if (request.path().equals("/hook")) {
            request.body().onSuccess(body -> take(request, body.toString()));
            return;
        }
        if (request.path().startsWith(LARGE)) {
            int number = Integer.parseInt(request.path().substring(LARGE.length()));
            request.body().onSuccess(body -> answerLarge(request, number, body.getBytes()));
            return;
        }
        String message = request.getParam("message");
        int number = observer.arrived(message);
        boolean isFailing = message.hashCode() % FAIL_EVERY == 0 && failed.add(message);
        vertx.setTimer(
                LATENCY.toMillis(),
                _ ->
                        request.response()
                                .setStatusCode(isFailing ? 502 : 200)
                                .end(isFailing ? "no" : "signature" + number));
    }

    private void answerLarge(HttpServerRequest request, int number, byte[] body) {
        observer.arrived(number, body);
        request.response().end(Buffer.buffer(LargeBodies.answered(number)));
    }

    private void take(HttpServerRequest request, String webhook) {
        observer.take(webhook);
        request.response().setStatusCode(204).end();
    }

    /** The most calls that came in one window. */
    static int fullest(List<Observer.Called> calls) {
        int most = 0;
        int first = 0;
        for (int i = 0; i < calls.size(); i++) {
            while (calls.get(i).nanos() - calls.get(first).nanos() >= WINDOW.toNanos()) {
                first++;
            }
            most = Math.max(most, i - first + 1);
        }
        return most;
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
