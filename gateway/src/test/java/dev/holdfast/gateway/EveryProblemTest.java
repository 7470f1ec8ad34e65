package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.HeadLimits;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.http.Problem;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.CostRule;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.WriteProbe;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Each kind of problem, brought about at a real gateway and held against the OpenAPI document. */
@Timeout(60)
class EveryProblemTest {
    private static final String ASK = "/crypto/sign?message=m";
    private static final String EXPIRING = "/crypto/sign?expires_in=1&message=m";
    private static final String JSON = "application/json";
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofMinutes(10);

    /** Memory for all connections: one of them fits, and little more, in bytes. */
    private static final long ROOM_FOR_A_CONNECTION = 14_000;

    @TempDir Path folder;

    /** The converter's own are brought about where it is: RatesServeTest. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NOT_CONVERTIBLE", "RATES_UNAVAILABLE"})
    void isToldAsDescribed(Problem.Kind kind) throws IOException {
        assertThat(provoked(kind)).isEqualTo(kind.status() + " " + kind.slug());
    }

    private String provoked(Problem.Kind kind) throws IOException {
        return switch (kind) {
            case INVALID_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED ->
                    asked(kind);
            case CONTENT_TOO_LARGE, URI_TOO_LONG, UNSUPPORTED_MEDIA_TYPE, WEBHOOK_URL_FORBIDDEN ->
                    asked(kind);
            case HEADERS_TOO_LARGE, IDEMPOTENCY_KEY_REUSED, ALREADY_DONE, NOT_WAITING, NOT_FAILED ->
                    asked(kind);
            case UPSTREAM_REJECTED, INTERNAL_ERROR, TOO_MANY_HELD, ROUTE_GONE -> asked(kind);
            case REQUEST_TIMEOUT -> aSlowBody();
            case HTTP_VERSION_NOT_SUPPORTED -> anotherVersion();
            case TOO_MANY_PENDING -> aThirdRequest(Rig.Figures.FREE.quota(1).maxPending(2));
            case TOO_MUCH_KEPT -> aBodyTooMuch(StoreOptions.DEFAULT.keeping(1L << 40, 1));
            case STORE_FULL -> aBodyTooMuch(StoreOptions.DEFAULT.keeping(1, 1L << 40));
            case QUEUE_FULL -> aThirdRequest(Rig.Figures.FREE.quota(1).maxQueue(2));
            case DEADLINE_UNREACHABLE -> aDeadlineBeforeTheNextSlot();
            case COST_OVER_LIMIT -> aCallThatNeverFits();
            case UPSTREAM_FAILED -> anUpstreamThatFails(ASK, Rig.Figures.FREE.maxAttempts(2));
            case REQUEST_EXPIRED -> anUpstreamThatFails(EXPIRING, Rig.Figures.FREE);
            case REQUEST_CANCELLED -> cancelledWhileItsCallerWaits();
            case OVERLOADED -> aBodyThatThereIsNoRoomFor();
            case STORE_UNAVAILABLE -> aDiskThatFails();
            case NOT_CONVERTIBLE, RATES_UNAVAILABLE ->
                    throw new IllegalArgumentException("there is no converter here");
        };
    }

    private String aCallThatNeverFits() throws IOException {
        Quota tokens = new Quota(List.of(new Window(100, Duration.ofMinutes(1))));
        CostRule rule = new CostRule(JsonPointer.compile("/max"), 1, 0, 1_000, null);
        try (PassWorld world =
                new PassWorld(folder, Map.of("tokens", tokens), Map.of("tokens", rule))) {
            byte[] ask = "{\"max\":101}".getBytes(StandardCharsets.UTF_8);
            HttpResponse<byte[]> told = world.post("/any/x", ask);
            JsonNode problem = new ObjectMapper().readTree(told.body());
            return told.statusCode() + problem.get("type").asText().replace("/problems/", " ");
        }
    }

    /** What one ask brings about. */
    private String asked(Problem.Kind kind) {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            HttpResponse<String> told =
                    switch (kind) {
                        case INVALID_REQUEST -> rig.get("/crypto/sign", "alice");
                        case UNAUTHORIZED -> rig.get(ASK, null);
                        case FORBIDDEN -> rig.call("POST", "/v1/upstreams/signing/pause", "alice");
                        case NOT_FOUND -> rig.get("/crypto/nothing", "alice");
                        case METHOD_NOT_ALLOWED -> rig.call("DELETE", "/crypto/sign", "alice");
                        case CONTENT_TOO_LARGE -> rig.get(ASK + "m".repeat(4096), "alice");
                        case URI_TOO_LONG ->
                                rig.get(
                                        ASK + "m".repeat(HeadLimits.MAX_REQUEST_LINE_BYTES),
                                        "alice");
                        case UNSUPPORTED_MEDIA_TYPE ->
                                rig.post("/crypto/sign", "alice", "text/xml", "<m/>");
                        case WEBHOOK_URL_FORBIDDEN ->
                                rig.get(ASK + "&webhook_url=ftp://x/", "alice");
                        case HEADERS_TOO_LARGE ->
                                rig.get(ASK, "alice", "X-Large", "x".repeat(20_000));
                        case IDEMPOTENCY_KEY_REUSED -> {
                            rig.get(ASK, "alice", "Idempotency-Key", "k");
                            yield rig.get(ASK + "n", "alice", "Idempotency-Key", "k");
                        }
                        case ALREADY_DONE -> rig.call("DELETE", done(rig), "alice");
                        case NOT_WAITING -> rig.patch(done(rig), "alice", "{\"priority\":\"low\"}");
                        case NOT_FAILED -> rig.call("POST", done(rig) + "/retry", "alice");
                        case ROUTE_GONE -> {
                            rig.upstream.fault(Fault.status(422));
                            rig.get(ASK, "alice");
                            JsonNode failed = json(rig.get("/v1/requests?status=failed", "alice"));
                            rig.takeOut("/crypto/sign");
                            yield rig.call(
                                    "POST",
                                    failed.at("/requests/0/links/self").asText() + "/retry",
                                    "alice");
                        }
                        case UPSTREAM_REJECTED -> {
                            rig.upstream.fault(Fault.status(422));
                            yield rig.get(ASK, "alice");
                        }
                        case INTERNAL_ERROR ->
                                rig.post(
                                        "/v1/webhooks/test",
                                        "alice",
                                        JSON,
                                        "{\"url\":\"https://example.com/breaks\"}");
                        case TOO_MANY_HELD -> {
                            for (int i = 0; i < Holds.MAX_HELD; i++) {
                                rig.gateway.holds.hold(i, new Released());
                            }
                            rig.upstream.fault(Fault.of(Fault.Mode.HANG));
                            String path = "/v1/requests/" + rig.pending("held", "alice");
                            yield rig.get(path, "alice", "Prefer", "wait=30");
                        }
                        default -> throw new IllegalArgumentException(kind.slug());
                    };
            return problem(told);
        }
    }

    /** Somebody else's held answer. */
    private static final class Released implements Runnable {
        @Override
        public void run() {}
    }

    private static String done(Rig rig) {
        return "/v1/requests/" + json(rig.get(ASK, "alice")).get("id").asText();
    }

    private String aSlowBody() throws IOException {
        var limits = new ListenerLimits(100, LONG, LONG, SHORT);
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0), null, null, limits, Rig.ANSWER_WITHIN, 2);
        String head =
                "POST /crypto/sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{";
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, false, settings)) {
            return raw(rig, head);
        }
    }

    private String aBodyThatThereIsNoRoomFor() {
        var limits =
                new ListenerLimits(100, 100, _ -> false, LONG, LONG, LONG, ROOM_FOR_A_CONNECTION);
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0), null, null, limits, Rig.ANSWER_WITHIN, 2);
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, false, settings)) {
            String body = "{\"message\":\"" + "m".repeat(3000) + "\"}";
            return problem(rig.post("/crypto/sign", "alice", JSON, body));
        }
    }

    private String anotherVersion() throws IOException {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            return raw(rig, "GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n");
        }
    }

    private static String raw(Rig rig, String sent) throws IOException {
        String answer = rig.raw(sent.getBytes(StandardCharsets.US_ASCII));
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        JsonNode told = new ObjectMapper().readTree(body);
        int status = Integer.parseInt(answer.substring(9, 12));
        assertThat(rig.openApi.problemMistakes(status, body)).isEmpty();
        return status + " " + told.get("type").asText().replaceFirst(".*/", "");
    }

    private String aThirdRequest(Rig.Figures figures) {
        try (Rig rig = new Rig(folder, figures)) {
            rig.get("/crypto/sign?message=slot", "ops");
            rig.pending("a", "alice");
            rig.pending("b", "alice");
            return problem(rig.get("/crypto/sign?message=c", "alice"));
        }
    }

    private String aBodyTooMuch(StoreOptions options) throws IOException {
        try (PassWorld world = new PassWorld(folder, WriteProbe.NONE, options, 10)) {
            HttpResponse<byte[]> answer = world.post("/any/a", new byte[1 << 20]);
            String body = PassWorld.text(answer);
            int status = answer.statusCode();
            assertThat(new OpenApi().problemMistakes(status, body)).isEmpty();
            String type = new ObjectMapper().readTree(body).get("type").asText();
            return status + " " + type.replaceFirst(".*/", "");
        }
    }

    private String aDeadlineBeforeTheNextSlot() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(1))) {
            rig.get("/crypto/sign?message=slot", "ops");
            return problem(rig.get(ASK + "&expires_in=5", "alice"));
        }
    }

    private String anUpstreamThatFails(String ask, Rig.Figures figures) {
        try (Rig rig = new Rig(folder, figures)) {
            rig.upstream.fault(Fault.of(Fault.Mode.STATUS));
            return whileItsCallerWaits(message -> rig.get(ask + message, "alice"));
        }
    }

    private String cancelledWhileItsCallerWaits() {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            rig.upstream.fault(Fault.of(Fault.Mode.HANG));
            return whileItsCallerWaits(message -> cancelled(rig, message));
        }
    }

    private static HttpResponse<String> cancelled(Rig rig, String message) {
        String known = "client_request_id=" + message;
        CompletableFuture<HttpResponse<String>> waiting =
                rig.sendLater(rig.to(ASK + message + '&' + known, "alice"));
        JsonNode found;
        do {
            found = json(rig.get("/v1/requests?" + known, "alice")).get("requests");
        } while (found.isEmpty());
        rig.call("DELETE", "/v1/requests/" + found.get(0).get("id").asText(), "alice");
        HttpResponse<String> told = waiting.join();
        rig.openApi.check(told);
        return told;
    }

    /** A machine that stalls gives a receipt first; then the next message is tried. */
    private static String whileItsCallerWaits(Function<String, HttpResponse<String>> ask) {
        for (int i = 0; ; i++) {
            HttpResponse<String> told = ask.apply("m" + i);
            if (told.statusCode() != 202) {
                return problem(told);
            }
        }
    }

    private String aDiskThatFails() {
        AtomicBoolean broken = new AtomicBoolean();
        WriteProbe disk =
                new WriteProbe() {
                    @Override
                    public void before(Step step) throws SQLException {
                        if (broken.get()) {
                            throw new SQLiteException("disk", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
                        }
                    }
                };
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, disk)) {
            broken.set(true);
            HttpRequest.Builder ask = rig.to(ASK, "alice");
            String told = problem(rig.send(ask));
            broken.set(false);
            return told;
        }
    }
}
