package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Ask;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistake;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.ParamType;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Priority;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Viewer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AskReaderTest {
    private static final Instant NOW = Instant.parse("2026-12-01T12:00:00Z");
    private static final Caller CALLER = new Caller(new Viewer(7, false), 100, 1);
    private static final RouteDoor DOOR =
            new RouteDoor(
                    new RoutePolicy(
                            "/crypto/verify",
                            "synthesia",
                            true,
                            Duration.ZERO,
                            1,
                            new ResultShape("valid", ResultShape.From.TEXT, Map.of())),
                    Set.of("GET", "POST"),
                    List.of(
                            new RouteDoor.Param("message", true, 16),
                            new RouteDoor.Param("note", false, 16)));

    @ParameterizedTest
    @ValueSource(
            strings = {"..", ".", "", "../../admin", "a/b", "a\\b", "a\nb", "/", "a\0", "\u0085"})
    void whatWouldLeadToAnotherPathIsAMistake(String value) {
        assertThat(placed(value).wrong(value)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "...", "a b", "..%2F", "\u00e9", "a..b", "~"})
    void whatIsOneSegmentIsNone(String value) {
        assertThat(placed(value).wrong(value)).isNull();
    }

    private static RouteDoor.Param placed(String value) {
        return new RouteDoor.Param(
                "id",
                true,
                Math.max(1, value.length()),
                ParamType.STRING,
                Set.of(RouteDoor.Place.PATH));
    }

    @Test
    void aHeaderTakesNoLineBreak() {
        var param =
                new RouteDoor.Param(
                        "id", true, 16, ParamType.STRING, Set.of(RouteDoor.Place.HEADER));
        assertThat(param.wrong("a b")).isNull();
        assertThat(param.wrong("a\r\nb")).contains("header");
        assertThat(param.wrong("\u201ca\u201d")).contains("header");
        assertThat(new RouteDoor.Param("id", true, 16).wrong("../\n")).isNull();
    }

    @Test
    void everyFieldIsReadByEachOfItsNames() {
        Ask ask =
                right(
                        json(
                                """
                                {"message":"m","note":"","callback_url":"https://ok/?a=b",\
                                "webhook_headers":{"X-A":"1"},"clientRequestId":"order 1",\
                                "expires_in":60}\
                                """),
                        "\"k 1\"".replace(" ", "-"));

        assertThat(ask.client()).isEqualTo(7);
        assertThat(ask.maxPending()).isEqualTo(100);
        assertThat(ask.route()).isEqualTo("/crypto/verify");
        assertThat(ask.params()).isEqualTo(Map.of("message", "m", "note", ""));
        assertThat(ask.extras())
                .isEqualTo(
                        new Ask.Extras(
                                new Ask.Webhook(URI.create("https://ok/?a=b"), Map.of("x-a", "1")),
                                "order 1",
                                Duration.ofMinutes(1),
                                "k-1"));
    }

    @Test
    void aQueryIsReadLikeABody() {
        Ask ask =
                right(
                        query(
                                "message=a+b%2Bc%C3%A4&webhookUrl=https://ok/"
                                        + "&webhook_headers=%7B%22a%22:%22b%22%7D&expires_in=5"
                                        + "&client_request_id=x&priority=low&not_before=60"),
                        null);

        assertThat(ask.params()).isEqualTo(Map.of("message", "a b+cä"));
        assertThat(ask.extras().webhook().headers()).isEqualTo(Map.of("a", "b"));
        assertThat(ask.extras().expiresIn()).isEqualTo(Duration.ofSeconds(5));
        assertThat(ask.extras().priority()).isEqualTo(Priority.LOW);
        assertThat(ask.extras().notBefore().after(NOW)).isEqualTo(NOW.plusSeconds(60));
    }

    @Test
    void aTimeMayBeGivenInAnyZone() {
        for (String time : List.of("2026-12-01T13:30:00Z", "2026-12-01T14:30:00%2B01:00")) {
            assertThat(right(query("message=a&not_before=" + time), null).extras().notBefore())
                    .isEqualTo(new NotBefore.At(NOW.plusSeconds(5_400)));
        }
        assertThat(
                        right(json("{\"message\":\"m\",\"not_before\":5400}"), null)
                                .extras()
                                .notBefore())
                .isEqualTo(new NotBefore.In(Duration.ofMinutes(90)));
    }

    @Test
    void anAskOfParametersAloneHasNoExtras() {
        assertThat(right(query("message=m"), null).extras()).isSameAs(Ask.NO_EXTRAS);
    }

    @Test
    void allMistakesAreToldAtOnce() {
        Problem problem =
                wrong(
                        json(
                                """
                                {"message":5,"mesage":"m","note":"a note that is too long",\
                                "expires_in":"soon","webhook_headers":{"Host":"x"},\
                                "client_request_id":""}\
                                """),
                        " ");

        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID_REQUEST);
        assertThat(((Problem.Invalid) problem).mistakes())
                .extracting(Mistake::field)
                .containsExactlyInAnyOrder(
                        "message",
                        "mesage",
                        "note",
                        "expires_in",
                        "webhook_headers",
                        "webhook_headers",
                        "client_request_id",
                        "Idempotency-Key");
    }

    static Stream<Read> bad() {
        return Stream.of(
                query(""),
                query("message="),
                query("message=%FF"),
                query("message=%C3"),
                query("message=%4"),
                query("message=%zz"),
                query("message=%ED%A0%80"),
                query("message=a&message=a"),
                query("%FF=a&message=a"),
                query("message=a&not_before=soon"),
                query("message=a&not_before=-1"),
                query("message=a&not_before=31622401"),
                query("message=a&not_before=2027-12-03T12:00:00Z"),
                query("message=a&not_before=2026-12-03"),
                query("message=a&priority=urgent"),
                query("message=a&priority=high&priority=high"),
                json("{\"message\":\"m\",\"priority\":1}"),
                query("message=a&expires_in=0"),
                query("message=a&expires_in=-1"),
                query("message=a&expires_in=1.5"),
                query("message=a&expires_in=999999999999999999999"),
                query("message=a&webhook_url=https://ok/&callback_url=https://ok/"),
                query("message=a&webhook_headers=%7B%7D"),
                query("message=a&client_request_id=%00"),
                query("message=a&x".repeat(101)),
                json(""),
                json("{"),
                json("[]"),
                json("\"m\""),
                json("{\"message\":\"m\"} x"),
                json("{\"message\":\"m\"}{}"),
                json("{\"message\":\"m\",\"message\":\"m\"}"),
                json("{\"message\":null}"),
                json("{\"message\":[\"m\"]}"),
                json("{\"message\":{\"m\":1}}"),
                json("{\"message\":true}"),
                json("{\"message\":\"\\ud800\"}"),
                json("{'message':'m'}"),
                json("{\"message\":\"m\",\"expires_in\":1e3}"),
                json("{\"message\":\"m\",\"webhook_headers\":{\"a\":1}}"),
                json("{\"a\":".repeat(2000)),
                bytes(new byte[] {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'}));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badInputIsInvalid(Read read) {
        assertThat(wrong(read, null).kind()).isEqualTo(Problem.Kind.INVALID_REQUEST);
    }

    @Test
    void whatIsOnlyTooLongIsTooLarge() {
        assertThat(wrong(query("message=12345678901234567"), null).kind())
                .isEqualTo(Problem.Kind.CONTENT_TOO_LARGE);
        assertThat(wrong(json("{\"message\":\"ääääääääa\"}"), null).kind())
                .isEqualTo(Problem.Kind.CONTENT_TOO_LARGE);
        assertThat(right(json("{\"message\":\"ääääääää\"}"), null).params())
                .containsEntry("message", "ääääääää");
    }

    @Test
    void aForbiddenWebhookUrlIsAProblemOfItsOwn() {
        Problem problem = wrong(query("message=m&webhook_url=http://127.1/"), null);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.WEBHOOK_URL_FORBIDDEN);
        assertThat(problem.detail()).isEqualTo("use a public address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host",
                "connection",
                "Transfer-Encoding",
                "Content-Length",
                "webhook-id",
                "Webhook-Signature",
                "proxy-authorization",
                "TE",
                "bad name",
                ""
            })
    void headersThatAreNotTheCallersAreRefused(String name) {
        Problem problem =
                wrong(
                        json(
                                "{\"message\":\"m\",\"webhook_url\":\"https://ok/\","
                                        + "\"webhook_headers\":{\""
                                        + name
                                        + "\":\"v\"}}"),
                        null);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\r\\nb", " a", "\\u00e4", "Bearer our-key", "our-key"})
    void headerValuesThatBreakOutOrHoldAKeyOfOursAreRefused(String value) {
        Read read =
                json(
                        "{\"message\":\"m\",\"webhook_url\":\"https://ok/\","
                                + "\"webhook_headers\":{\"authorization\":\""
                                + value
                                + "\"}}");

        assertThat(wrong(read, null).detail()).doesNotContain("our-key");
        assertThat(wrong(read, null).kind()).isEqualTo(Problem.Kind.INVALID_REQUEST);
    }

    @Test
    void fiveHeadersAreTakenAndSixAreNot() {
        String five =
                "\"a\":\"1\",\"b\":\"1\",\"c\":\"1\",\"d\":\"1\",\"authorization\":\"Bearer x\"";
        String body =
                "{\"message\":\"m\",\"webhook_url\":\"https://ok/\",\"webhook_headers\":{%s}}";

        assertThat(right(json(body.formatted(five)), null).extras().webhook().headers()).hasSize(5);
        assertThat(wrong(json(body.formatted(five + ",\"f\":\"1\"")), null).kind())
                .isEqualTo(Problem.Kind.INVALID_REQUEST);
    }

    /** Something sent. */
    record Read(String shown, Map<String, Field> fields, Mistakes mistakes) {
        @Override
        public String toString() {
            return shown.length() > 40 ? shown.substring(0, 40) : shown;
        }
    }

    @Test
    void aByteOrderMarkBeforeJsonIsPassedOver() {
        assertThat(right(json("\ufeff{\"message\":\"\ufeffm\"}"), null).params())
                .containsEntry("message", "\ufeffm");
    }

    private static Read query(String query) {
        Mistakes mistakes = new Mistakes();
        return new Read(query, QueryFields.read(query, mistakes), mistakes);
    }

    private static Read json(String json) {
        return bytes(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Read bytes(byte[] json) {
        Mistakes mistakes = new Mistakes();
        return new Read(
                new String(json, StandardCharsets.UTF_8),
                JsonFields.read(json, mistakes),
                mistakes);
    }

    private static Ask right(Read read, String idempotencyKey) {
        return switch (reading(read, idempotencyKey)) {
            case AskReader.Reading.Right(Ask ask) -> ask;
            case AskReader.Reading.Wrong(Problem problem) ->
                    throw new AssertionError(problem.toString());
        };
    }

    private static Problem wrong(Read read, String idempotencyKey) {
        return switch (reading(read, idempotencyKey)) {
            case AskReader.Reading.Right(Ask ask) -> throw new AssertionError(ask.toString());
            case AskReader.Reading.Wrong(Problem problem) -> problem;
        };
    }

    private static AskReader.Reading reading(Read read, String idempotencyKey) {
        WebhookUrls urls =
                url ->
                        url.startsWith("https://ok/")
                                ? new WebhookUrls.Verdict.Allowed(URI.create(url))
                                : new WebhookUrls.Verdict.Forbidden("use a public address");
        return new AskReader(DOOR, urls, TestClients.authenticator("our-key"), () -> NOW)
                .read(CALLER, read.fields(), false, idempotencyKey, Duration.ZERO, read.mistakes());
    }
}
