package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.VerdictRule;
import dev.holdfast.request.VerdictRule.Then;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an answer's own words lead to, on the wire and from a file. */
@Timeout(60)
class VerdictsTest extends UpstreamCalls {
    private static final List<VerdictRule> VERDICTS =
            List.of(
                    rule(Set.of(), "rate_limited", Then.THROTTLED, "/error/retry_in"),
                    rule(Set.of(), "busy", Then.RETRY, null),
                    rule(Set.of(200), "denied", Then.REJECT, null),
                    rule(Set.of(), "who", Then.UNAUTHORIZED, null),
                    rule(Set.of(409), "same", Then.DONE, null));

    private static VerdictRule rule(Set<Integer> statuses, String is, Then then, String after) {
        JsonPointer place = JsonPointer.compile("/error/code");
        return new VerdictRule(statuses, null, place, is, true, then, after);
    }

    private static HttpCallTemplate template() {
        return new HttpCallTemplate(
                "POST",
                "/",
                Map.of(),
                Map.of(),
                new CallBody.None(),
                new StatusRules(Set.of(200), Set.of(400, 409), VERDICTS),
                false,
                JSON);
    }

    @Test
    void theWordsOfAnAnswerDecideBeforeItsStatus() throws Exception {
        String limited = "{\"error\":{\"code\":\"rate_limited\",\"retry_in\":6.2}}";
        assertThat(outcome(200, limited))
                .isEqualTo(new Outcome.Throttled(200, Duration.ofSeconds(7)));
        assertThat(outcome(400, limited))
                .isEqualTo(new Outcome.Throttled(400, Duration.ofSeconds(7)));
        // Also where the call may not be repeated: the rule says that it had no effect.
        assertThat(outcome(200, code("busy")))
                .isEqualTo(new Outcome.Failed(Outcome.Why.STATUS, 200, null, false));
        assertThat(outcome(200, code("denied")))
                .isEqualTo(new Outcome.Rejected(200, code("denied")));
        assertThat(outcome(500, code("who"))).isEqualTo(new Outcome.Unauthorized(code("who")));
        assertThat(outcome(409, code("same")))
                .isEqualTo(new Outcome.Done(new Result(409, code("same"))));
    }

    @Test
    void whereNoRuleFitsTheStatusDecides() throws Exception {
        assertThat(outcome(200, "{}")).isEqualTo(new Outcome.Done(new Result(200, "{}")));
        assertThat(outcome(400, code("denied")))
                .isEqualTo(new Outcome.Rejected(400, code("denied")));
        assertThat(outcome(500, "busy"))
                .isEqualTo(new Outcome.Failed(Outcome.Why.STATUS, 500, null, true));
    }

    @Test
    void aRefusalThatBrokeOffIsNoneWhereItsWordsMightHaveSaidAnother() throws Exception {
        String half = "HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\n{\"error\":";
        try (RawServer server = RawServer.answering(half);
                HttpUpstream upstream = upstream(server, Duration.ofSeconds(1), template())) {
            assertThat(call(upstream, Map.of())).isInstanceOf(Outcome.Failed.class);
        }
    }

    @Test
    void aFileMeansWhatTheSameAnswerWouldMean() {
        String head = "HTTP/2 409 \r\ncontent-type: application/json\r\n\r\n";
        String interim = "HTTP/1.1 100 Continue\r\n\r\n";
        assertThat(tried(interim + head + code("same")))
                .isEqualTo(new Outcome.Done(new Result(409, code("same"))));
        assertThat(tried("HTTP/1.1 429 Slow\nretry-after: 5\n\nno"))
                .isEqualTo(new Outcome.Throttled(429, Duration.ofSeconds(5)));
        assertThat(tried(code("denied"))).isEqualTo(new Outcome.Rejected(200, code("denied")));
        assertThat(tried("")).isEqualTo(new Outcome.Done(new Result(200, "")));
    }

    private static Outcome tried(String file) {
        AnswerTrial.Kept kept = AnswerTrial.read(file.getBytes(StandardCharsets.UTF_8));
        return AnswerTrial.outcome(template(), kept, Instant.EPOCH);
    }

    private static String code(String code) {
        return "{\"error\":{\"code\":\"" + code + "\"}}";
    }

    private static Outcome outcome(int status, String body) throws Exception {
        String answer =
                "HTTP/1.1 " + status + " X\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
        try (RawServer server = RawServer.answering(answer);
                HttpUpstream upstream = upstream(server, LONG, template())) {
            return call(upstream, Map.of());
        }
    }
}
