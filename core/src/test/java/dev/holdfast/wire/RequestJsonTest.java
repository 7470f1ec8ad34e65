package dev.holdfast.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.RequestView;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RequestJsonTest {
    private static final UUID ID = UUID.fromString("019a0000-0000-7000-8000-000000000001");
    private static final Instant CREATED = Instant.parse("2026-01-02T03:04:05Z");

    private final RequestJson json =
            new RequestJson(
                    Map.of(
                            "/crypto/sign",
                            new ResultShape("signature", ResultShape.From.TEXT, Map.of()),
                            "/quote",
                            new ResultShape("quote", ResultShape.From.JSON, Map.of()),
                            "/crypto/verify",
                            new ResultShape(
                                    "valid",
                                    ResultShape.From.STATUS,
                                    Map.of(200, "true", 400, "false"))));

    @Test
    void aReceiptSaysWhereItStandsAndWhereToLook() {
        RequestRecord queued = request("/crypto/sign", Status.QUEUED, null, null);

        assertThat(text(json.receipt(new RequestView(queued, 7, 42L, RequestView.WaitingFor.TURN))))
                .isEqualTo(
                        """
                        {"id":"019a0000-0000-7000-8000-000000000001","status":"queued",\
                        "position":7,"estimated_seconds":42,"attempts":2,"last_status":502,"waiting_for":"turn",\
                        "created_at":"2026-01-02T03:04:05.000Z","client_request_id":"order-1",\
                        "links":{"self":"/v1/requests/019a0000-0000-7000-8000-000000000001",\
                        "events":"/v1/requests/019a0000-0000-7000-8000-000000000001/events"}}""");
    }

    @Test
    void aResultIsAtTheTopOfTheAsksOwnAnswerAndUnderResultWhenFollowed() {
        RequestRecord done =
                request("/crypto/sign", Status.SUCCEEDED, new Result(200, "a\"b"), null);

        assertThat(text(json.succeeded(done, "mine")))
                .contains("\"signature\":\"a\\\"b\"", "\"client_request_id\":\"mine\"")
                .doesNotContain("order-1", "position", "links");
        assertThat(text(json.followed(done)))
                .contains("\"result\":{\"signature\":\"a\\\"b\"}", "\"params\":{\"message\":\"m\"}")
                .doesNotContain("position");
    }

    @Test
    void aJsonResultKeepsItsLettersAndAStatusResultItsValue() {
        RequestRecord quote =
                request("/quote", Status.SUCCEEDED, new Result(200, "{\"p\":1.10}"), null);
        RequestRecord verified =
                request("/crypto/verify", Status.SUCCEEDED, new Result(400, "no"), null);

        assertThat(text(json.followed(quote))).contains("\"result\":{\"quote\":{\"p\":1.10}}");
        assertThat(text(json.followed(verified))).contains("\"result\":{\"valid\":false}");
    }

    @Test
    void aFailureNamesItsReason() {
        RequestRecord failed =
                request(
                        "/crypto/sign",
                        Status.FAILED,
                        null,
                        new Failure(Failure.Reason.REJECTED, 400, "Must specify a message."));

        assertThat(text(json.followed(failed)))
                .contains(
                        "\"failure\":{\"reason\":\"rejected\",\"upstream_status\":400,"
                                + "\"upstream_body\":\"Must specify a message.\"}")
                .doesNotContain("\"result\"");
    }

    @Test
    void aFailureSaysWhatWasWrongWithTheAnswer() {
        RequestRecord failed =
                request(
                        "/crypto/sign",
                        Status.FAILED,
                        null,
                        new Failure(Failure.Reason.RESULT_UNREADABLE, 200, null, "it is not JSON"));

        assertThat(text(json.followed(failed)))
                .contains(
                        "\"failure\":{\"reason\":\"result-unreadable\",\"upstream_status\":200,"
                                + "\"detail\":\"it is not JSON\"}");
    }

    private static RequestRecord request(
            String route, Status status, Result result, Failure failure) {
        return new RequestRecord(
                ID,
                1,
                1,
                "synthesia",
                route,
                "{\"message\":\"m\"}",
                status,
                2,
                502,
                CREATED,
                status.isFinal() ? CREATED.plusMillis(1500) : null,
                null,
                "order-1",
                null,
                result,
                failure,
                1,
                null,
                null);
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }
}
