package dev.holdfast.app.sign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A running gateway as the commands {@code sign}, {@code status} and {@code demo} call it. */
public final class GatewayClient implements AutoCloseable {
    /** Longest wait for any answer; a long poll is answered well before. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** Largest answer that is read: what is at the address need not be a gateway. */
    private static final long MAX_ANSWER_BYTES = 128L << 20;

    /** Longest time to send lines, and to hear of them. */
    private static final Duration SENDING = Duration.ofMinutes(30);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final URI url;
    private final String base;
    private final @Nullable String key;
    private final HttpClient http;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * @param url where the gateway is, below a path if need be; without query and user
     * @param key a client's key that a header can carry, or null
     */
    public GatewayClient(URI url, @Nullable String key) {
        this.url = url;
        this.base = url.toString().replaceFirst("/+$", "");
        this.key = key;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build();
    }

    /**
     * An answer of the gateway.
     *
     * @param status HTTP status
     * @param body its JSON, a missing node if it is not JSON
     * @param retryAfter its Retry-After in seconds, or 0
     */
    public record Reply(int status, JsonNode body, int retryAfter) {
        public String text(String field) {
            return body.path(field).asText("");
        }

        /** What a problem says, in one line. */
        public String problem() {
            String detail = text("detail");
            String title = text("title");
            if (detail.isEmpty() && title.isEmpty()) {
                return status + " with something that is not a gateway's JSON";
            }
            return status + " " + (detail.isEmpty() ? title : detail);
        }
    }

    public Reply get(String path, @Nullable String prefer)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).GET();
        if (prefer != null) {
            request.header("Prefer", prefer);
        }
        return send(request);
    }

    /** Posts JSON, or nothing. */
    public Reply post(String path, @Nullable String body) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        return send(
                body == null
                        ? request.POST(BodyPublishers.noBody())
                        : request.header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(body)));
    }

    public Reply delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    /** Posts a form of one field and, if given, a webhook's address. */
    public Reply ask(String path, String field, String value, @Nullable URI webhook)
            throws IOException, InterruptedException {
        return ask(path, field, value, webhook, null);
    }

    /** As {@link #ask(String, String, String, URI)}, with an Idempotency-Key if given. */
    public Reply ask(
            String path,
            String field,
            String value,
            @Nullable URI webhook,
            @Nullable String idempotencyKey)
            throws IOException, InterruptedException {
        String form = field + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
        if (webhook != null) {
            form += "&webhook_url=" + URLEncoder.encode(webhook.toString(), StandardCharsets.UTF_8);
        }
        HttpRequest.Builder request =
                request(path)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form));
        if (idempotencyKey != null) {
            request.header("Idempotency-Key", idempotencyKey);
        }
        return send(request);
    }

    /** Where lines come from, from their beginning each time. */
    @FunctionalInterface
    public interface Lines {
        InputStream open() throws IOException;
    }

    /**
     * Posts lines (NDJSON), with the key by which they are known when they are sent again. Takes as
     * long as they take.
     */
    public Reply sendLines(String path, Lines lines, String idempotencyKey)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                request(path)
                        .timeout(SENDING)
                        .header("Content-Type", "application/x-ndjson")
                        .header("Idempotency-Key", idempotencyKey)
                        .POST(BodyPublishers.ofInputStream(() -> opened(lines)));
        return send(request);
    }

    private static InputStream opened(Lines lines) {
        try {
            return lines.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A part of results.
     *
     * @param lines JSON each
     * @param next where to go on, or null if there is nothing more
     */
    public record Page(List<String> lines, @Nullable Integer next) {
        public Page {
            lines = List.copyOf(lines);
        }
    }

    /**
     * Results after a line.
     *
     * @throws IOException if they cannot be had now
     */
    public Page page(String path, int after) throws IOException, InterruptedException {
        HttpRequest request = request(path + "?cursor=" + after).GET().build();
        HttpResponse<String> response = http.send(request, bounded());
        if (response.statusCode() != 200) {
            throw new IOException("the gateway answers " + response.statusCode());
        }
        Integer next =
                response.headers()
                        .firstValue("Holdfast-Next-Cursor")
                        .filter(value -> value.matches("[0-9]{1,6}"))
                        .map(Integer::valueOf)
                        .orElse(null);
        return new Page(response.body().lines().toList(), next);
    }

    /** The text of a page that is not JSON, such as {@code /metrics}. */
    public String page(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request(path).GET().build(), bounded());
        return response.statusCode() == 200 ? response.body() : "";
    }

    /**
     * What its upstreams do.
     *
     * @throws Failure if what answers is no gateway, or does not take the key
     */
    public Reply upstreams() throws IOException, InterruptedException {
        Reply reply = get("/v1/upstreams", null);
        check(reply);
        boolean gateway =
                reply.body().path("upstreams").isArray()
                        || reply.text("type").contains("/problems/");
        if (!gateway || reply.status() == 404) {
            throw Failure.failed(
                    "holdfast: what answers at "
                            + url
                            + " is not a gateway (status "
                            + reply.status()
                            + "); --url names one, with its path if it is below one");
        }
        return reply;
    }

    /**
     * @throws Failure if every request would be answered like this
     */
    public void check(Reply reply) {
        switch (reply.status()) {
            case 401 ->
                    throw Failure.usage(
                            key == null
                                    ? "holdfast: the gateway wants a key; give --key or set"
                                            + " HOLDFAST_KEY"
                                    : "holdfast: the gateway does not know this key; `holdfast keys"
                                            + " list` shows the clients that have one");
            case 403 -> throw Failure.failed("holdfast: the gateway says " + reply.problem());
            case 301, 302, 303, 307, 308 ->
                    throw Failure.usage(
                            "holdfast: "
                                    + url
                                    + " only points elsewhere (status "
                                    + reply.status()
                                    + "); give the gateway's own address with --url");
            default -> {}
        }
    }

    /** Why nobody can be reached, and what to do. */
    public static String silence(URI url, IOException e) {
        String what = "holdfast: no gateway answers at " + url;
        boolean absent = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
        String why = absent ? "" : e instanceof HttpTimeoutException ? " in time" : words(e);
        return what + why + "; start it with `holdfast serve`, or name it with --url";
    }

    private static String words(IOException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return " (" + message.lines().findFirst().orElse("") + ")";
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        return request;
    }

    private static BodyHandler<String> bounded() {
        return BodyHandlers.limiting(BodyHandlers.ofString(), MAX_ANSWER_BYTES);
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request.build(), bounded());
        int retryAfter =
                response.headers()
                        .firstValue("Retry-After")
                        .filter(value -> value.matches("[0-9]{1,6}"))
                        .map(Integer::valueOf)
                        .orElse(0);
        return new Reply(response.statusCode(), parse(response.body()), retryAfter);
    }

    private JsonNode parse(String body) {
        try {
            return body.isEmpty() ? MissingNode.getInstance() : json.readTree(body);
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    URI url() {
        return url;
    }

    @Override
    public void close() {
        http.close();
    }
}
