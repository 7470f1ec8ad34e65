package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.StatusRules;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an answer is taken for. */
@Timeout(60)
class HttpUpstreamTest extends UpstreamCalls {
    private static final HttpCallTemplate POST =
            new HttpCallTemplate(
                    "POST",
                    "/orders",
                    Map.of(),
                    Map.of(),
                    new CallBody.None(),
                    StatusRules.of(Set.of(200, 201, 204)),
                    false,
                    TEXT);
    private static final Outcome TOO_LARGE =
            new Outcome.Unusable(
                    Outcome.Unusable.Kind.TOO_LARGE,
                    200,
                    "it is over " + Result.MAX_BODY_BYTES + " bytes");

    private static Outcome unreadable(String detail) {
        return new Outcome.Unusable(Outcome.Unusable.Kind.UNREADABLE, 200, detail);
    }

    @Test
    void aPageInTheApisPlaceIsNoResult() throws Exception {
        String page =
                "HTTP/1.1 200 OK\r\ncontent-length: 6\r\ncontent-type: Text/HTML;charset=x\r\n";
        try (RawServer server = RawServer.answering(page + "\r\n<html>")) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.GARBAGE, 200, true));
        }
    }

    @Test
    void theAnswersTextIsTheResultAsItCame() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            assertThat(sign(server, "hi", LONG))
                    .isEqualTo(new Outcome.Done(new Result(200, "c2ln")));
        }
    }

    @Test
    void whatIsNotHttpIsGarbage() throws Exception {
        for (String answer :
                new String[] {
                    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                    "HTTP/7.3 200 OK\r\n\r\n",
                    "HTTP/1.1 banana\r\n\r\n",
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                    "HTTP/1.1 200 OK\r\nx: " + "y".repeat(HttpUpstream.MAX_HEAD_BYTES) + "\r\n\r\n"
                }) {
            try (RawServer server = RawServer.answering(answer)) {
                assertThat(sign(server, "hi", LONG))
                        .as(answer.substring(0, 15))
                        .isInstanceOfSatisfying(
                                Outcome.Failed.class,
                                failed -> {
                                    assertThat(failed.why()).isEqualTo(Outcome.Why.GARBAGE);
                                    assertThat(failed.uncertain()).isTrue();
                                });
                server.request();
            }
        }
    }

    @Test
    void anAnswerOfTheWrongShapeIsFinal() throws Exception {
        byte[] invalid =
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab".getBytes(StandardCharsets.UTF_8);
        invalid[invalid.length - 1] = (byte) 0xff;
        try (RawServer binary =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write(invalid);
                            connection.hang();
                        })) {
            assertThat(sign(binary, "hi", LONG))
                    .isEqualTo(unreadable("its bytes are not text in UTF-8"));
        }
        for (String body :
                new String[] {" ", "{\"a\":1", "{}{}", "<html>", "\"open", "NaN", "[1,]"}) {
            assertThat(json(body)).as(body).isEqualTo(unreadable("it is not JSON"));
        }
        assertThat(json(" {\"a\":[1,2.50]}\n"))
                .isEqualTo(new Outcome.Done(new Result(200, " {\"a\":[1,2.50]}\n")));
    }

    @Test
    void anAnnouncedBodyThatIsTooLongIsNotRead() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write(
                                    "HTTP/1.1 200 OK\r\ncontent-length: "
                                            + (Result.MAX_BODY_BYTES + 1)
                                            + "\r\n\r\n");
                            connection.hang();
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(TOO_LARGE);
            server.awaitFired("hung");
            server.awaitFired("given up");
        }
    }

    @Test
    void aBodyWithoutEndIsDroppedAtTheBound() throws Exception {
        String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write(
                                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                            while (true) {
                                connection.write(chunk);
                            }
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(TOO_LARGE);
            server.awaitFired("broken by the client");
        }
    }

    @Test
    void aBodyOfExactlyTheBoundIsKept() throws Exception {
        String body = "x".repeat(Result.MAX_BODY_BYTES);
        try (RawServer server =
                RawServer.answering(
                        "HTTP/1.1 200 OK\r\ncontent-length: "
                                + body.length()
                                + "\r\n\r\n"
                                + body)) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(new Outcome.Done(new Result(200, body)));
        }
    }

    @Test
    void tooManyRequestsIsThrottled() throws Exception {
        assertThat(answered("429 Too Many Requests", ""))
                .isEqualTo(new Outcome.Throttled(429, null));
        assertThat(answered("429 Too Many Requests", "Retry-After: 17\r\n"))
                .isEqualTo(new Outcome.Throttled(429, Duration.ofSeconds(17)));
        assertThat(answered("429 x", "Retry-After: Thu, 01 Jan 2026 00:01:30 GMT\r\n"))
                .isEqualTo(new Outcome.Throttled(429, Duration.ofSeconds(90)));
        assertThat(
                        answered(
                                "429 x",
                                "Date: Sun, 06 Nov 1994 08:49:30 GMT\r\n"
                                        + "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
                .isEqualTo(new Outcome.Throttled(429, Duration.ofSeconds(7)));
    }

    @Test
    void whoSaysWhenItWillBackIsLeftAloneUntilThen() throws Exception {
        assertThat(answered("503 Unavailable", "Retry-After: 2.5\r\n"))
                .isEqualTo(new Outcome.Throttled(503, Duration.ofSeconds(3)));
        assertThat(answered("503 Unavailable", "Retry-After: soon\r\n"))
                .isEqualTo(failed(Outcome.Why.STATUS, 503, false));
    }

    @Test
    void aFailureMayHaveTakenEffectUnlessItsStatusSaysOtherwise() throws Exception {
        for (int status : new int[] {408, 500, 501, 502, 504, 505, 599, 201}) {
            assertThat(answered(status + " x", ""))
                    .isEqualTo(failed(Outcome.Why.STATUS, status, true));
        }
        for (int status : new int[] {421, 425, 503}) {
            assertThat(answered(status + " x", ""))
                    .isEqualTo(failed(Outcome.Why.STATUS, status, false));
        }
    }

    @Test
    void aRefusedCredentialIsNoRefusalOfTheRequest() throws Exception {
        assertThat(answered("401 x", "WWW-Authenticate: Bearer\r\n", "who are you?"))
                .isEqualTo(new Outcome.Unauthorized("who are you?"));
    }

    @Test
    void anAnswerWithoutBodyIsAResult() throws Exception {
        for (String head : new String[] {"204 No Content\r\n", "201 x\r\ncontent-length: 0\r\n"}) {
            try (RawServer server = RawServer.answering("HTTP/1.1 " + head + "\r\n");
                    HttpUpstream upstream = upstream(server, LONG, POST)) {
                int status = Integer.parseInt(head.substring(0, 3));
                assertThat(call(upstream, Map.of()))
                        .isEqualTo(new Outcome.Done(new Result(status, "")));
            }
        }
        assertThat(json("")).isEqualTo(new Outcome.Done(new Result(200, "")));
    }

    /** Only where nothing else tells that it is not the result, and a call can be made again. */
    @Test
    void aPageIsTheResultWhereItIsWantedOrNothingCanBeMadeAgain() throws Exception {
        HttpCallTemplate wanted =
                new HttpCallTemplate(
                        "GET",
                        "/page",
                        Map.of(),
                        Map.of("Accept", "Text/HTML, */*;q=0.1"),
                        new CallBody.None(),
                        RULES,
                        true,
                        TEXT);
        for (HttpCallTemplate template : new HttpCallTemplate[] {wanted, POST}) {
            try (RawServer server =
                            RawServer.answering(
                                    "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n"
                                            + "content-type: text/html\r\n\r\n<html>");
                    HttpUpstream upstream = upstream(server, LONG, template)) {
                assertThat(call(upstream, Map.of()))
                        .isEqualTo(new Outcome.Done(new Result(200, "<html>")));
            }
        }
    }

    @Test
    void aFailureIsKnownBeforeItsBodyHasEnded() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write("HTTP/1.1 502 x\r\ncontent-length: 100\r\n\r\nslow");
                            connection.hang();
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.STATUS, 502, true));
            server.awaitFired("hung");
        }
    }

    @Test
    void aRefusalCarriesTheStartOfItsBody() throws Exception {
        String body = "é".repeat(3000);
        assertThat(answered("400 Bad Request", "", "Must specify a message."))
                .isEqualTo(new Outcome.Rejected(400, "Must specify a message."));
        assertThat(answered("400 Bad Request", "", body))
                .isEqualTo(
                        new Outcome.Rejected(
                                400, "é".repeat(Outcome.Rejected.MAX_REJECTION_CHARS)));
        assertThat(answered("400 Bad Request", "", "y".repeat(100_000)))
                .isEqualTo(
                        new Outcome.Rejected(
                                400, "y".repeat(Outcome.Rejected.MAX_REJECTION_CHARS)));
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        try (RawServer elsewhere = RawServer.answering(OK);
                RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: http://localhost:"
                                        + elsewhere.port()
                                        + "/\r\n\r\n")) {
            assertThat(sign(server, "hi", LONG))
                    .isEqualTo(
                            new Outcome.Rejected(
                                    302,
                                    "",
                                    "redirects to http://localhost:" + elsewhere.port() + "/"));
            assertThat(elsewhere.connections()).isZero();
        }
    }
}
