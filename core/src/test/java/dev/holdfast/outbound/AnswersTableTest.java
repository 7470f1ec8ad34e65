package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.request.Decision;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.request.Lifecycle;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.VerdictRule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What each status leads to, as the real client and the real rules have it, for calls that may be
 * made again and for others, with and without Retry-After, whatever the body is. docs/answers.md is
 * written from here: {@code -Dholdfast.write-docs=true}.
 */
@Timeout(600)
class AnswersTableTest extends UpstreamCalls {
    /** Surefire runs in the module's folder. */
    private static final Path DOCUMENT = Path.of("../docs/answers.md");

    private static final int FIRST = 200;
    private static final int LAST = 599;
    private static final String SENT = "text/plain";
    private static final RetryPolicy POLICY =
            new RetryPolicy(
                    RetryPolicy.Backoff.FIXED,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    0,
                    0,
                    Duration.ofDays(1));
    private static final RandomGenerator RANDOM = RandomGenerator.of("L64X128MixRandom");

    /** A body that an answer may have, and what the table calls it. */
    private enum Body {
        NONE("nothing", SENT, ""),
        TEXT("text", SENT, "done"),
        JSON("JSON", "application/json", "{\"a\":1}"),
        PAGE("a page of HTML", "text/html", "<html></html>"),
        BINARY("bytes that are not text", SENT, "\u00ff\u00fe\u00fd");

        private final String words;
        private final String type;
        private final String latin1;

        Body(String words, String type, String latin1) {
            this.words = words;
            this.type = type;
            this.latin1 = latin1;
        }

        byte[] bytes() {
            return latin1.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /** A kind of route. */
    private record Kind(
            ResultShape.From from, boolean repeatable, VerdictRule.@Nullable Then then) {
        Kind(ResultShape.From from, boolean repeatable) {
            this(from, repeatable, null);
        }

        String path() {
            return "/" + from.name().toLowerCase(Locale.ROOT) + "/" + repeatable + "/" + then;
        }

        private StatusRules rules() {
            StatusRules rules =
                    StatusRules.of(new TreeSet<>(IntStream.range(200, 300).boxed().toList()));
            return then == null
                    ? rules
                    : new StatusRules(
                            rules.doneOn(),
                            rules.rejectOn(),
                            List.of(
                                    new VerdictRule(
                                            Set.of(),
                                            null,
                                            JsonPointer.compile("/a"),
                                            "1",
                                            true,
                                            then,
                                            "retry-after")));
        }

        HttpCallTemplate template() {
            return new HttpCallTemplate(
                    repeatable ? "GET" : "POST",
                    "/",
                    Map.of("status", "{status}", "body", "{body}", "after", "{after}"),
                    Map.of(),
                    new CallBody.None(),
                    rules(),
                    repeatable,
                    new ResultShape("result", from, Map.of()),
                    from == ResultShape.From.BYTES
                            ? new AsItCame(false, HeaderChoice.ofAnswers(List.of()), 1 << 20)
                            : null,
                    1 << 20,
                    Map.of());
        }
    }

    @Test
    void theTableSaysWhatEachAnswerLeadsTo() throws Exception {
        Map<String, HttpCallTemplate> calls = new HashMap<>();
        for (VerdictRule.Then then : VerdictRule.Then.values()) {
            for (boolean repeatable : new boolean[] {true, false}) {
                Kind kind = new Kind(ResultShape.From.JSON, repeatable, then);
                calls.put(kind.path(), kind.template());
            }
        }
        for (ResultShape.From from : ResultShape.From.values()) {
            for (boolean repeatable : new boolean[] {true, false}) {
                Kind kind = new Kind(from, repeatable);
                calls.put(kind.path(), kind.template());
            }
        }
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    while (connection.readRequest()) {
                                        connection.write(answer(connection.last()));
                                    }
                                });
                HttpUpstream upstream = upstream(server, calls)) {
            String markdown = markdown(new Asker(upstream));
            if (Boolean.getBoolean("holdfast.write-docs")) {
                Files.writeString(DOCUMENT, markdown);
            }
            assertThat(DOCUMENT).content().isEqualTo(markdown);
        }
    }

    private static HttpUpstream upstream(RawServer server, Map<String, HttpCallTemplate> calls) {
        URI url = URI.create("http://localhost:" + server.port());
        return new HttpUpstream(
                vertx, new HttpUpstreamOptions(url, Map.of(), LONG, true, 10, calls), () -> NOW);
    }

    private static byte[] answer(String request) throws IOException {
        Map<String, String> asked =
                Arrays.stream(request.replaceAll("(?s)^[A-Z]+ /\\?([^ ]*) .*", "$1").split("&"))
                        .map(pair -> pair.split("=", 2))
                        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        Body body = Body.valueOf(asked.get("body"));
        int status = Integer.parseInt(asked.get("status"));
        boolean bare = status == 204 || status == 304; // RFC 9112, section 6.3
        var out = new ByteArrayOutputStream();
        String head =
                "HTTP/1.1 "
                        + status
                        + " x\r\n"
                        + (asked.get("after").equals("0") ? "" : "Retry-After: 7\r\n")
                        + (status / 100 == 3 ? "Location: /there\r\n" : "")
                        + (body == Body.NONE ? "" : "Content-Type: " + body.type + "\r\n")
                        + (bare ? "" : "Content-Length: " + body.bytes().length + "\r\n")
                        + "\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(bare ? new byte[0] : body.bytes());
        return out.toByteArray();
    }

    /** Makes calls and says in words what follows. */
    private record Asker(HttpUpstream upstream) {
        CompletableFuture<String> cell(Kind kind, int status, Body body, boolean retryAfter) {
            return upstream.call(
                            new Upstream.Call(
                                    kind.path(),
                                    Map.of(
                                            "status", Integer.toString(status),
                                            "body", body.name(),
                                            "after", retryAfter ? "7" : "0"),
                                    1,
                                    "r"))
                    .thenApply(outcome -> words(decision(kind, outcome)))
                    .toCompletableFuture();
        }

        private static Decision decision(Kind kind, Outcome outcome) {
            return Lifecycle.decide(
                    new Lifecycle.Standing(0, Duration.ZERO, kind.repeatable()),
                    outcome,
                    POLICY,
                    Duration.ofMinutes(1),
                    RANDOM);
        }

        private static String words(Decision decision) {
            return switch (decision) {
                case Decision.Succeed _ -> "the result";
                case Decision.Fail fail -> "fails: `" + fail.failure().reason().wire() + "`";
                case Decision.Retry(Duration after, _, Decision.Closing closing) ->
                        switch (closing) {
                            case Decision.Closing.Unauthorized() ->
                                    "kept; the upstream is closed until it takes the credential";
                            case Decision.Closing.Absent _ ->
                                    throw new AssertionError("one call alone tells of no absence");
                            case Decision.Closing.For(Duration length) ->
                                    length.equals(Duration.ofSeconds(7))
                                            ? "kept; the upstream is closed until then"
                                            : "kept; the upstream is closed for a window";
                            case null ->
                                    after.equals(Duration.ofSeconds(7))
                                            ? "called again, not before then"
                                            : "called again";
                        };
            };
        }
    }

    private static String markdown(Asker asker) throws Exception {
        return """
        # What an upstream's answer means

        Written and held by a test that plays each of these answers to the real client: `AnswersTableTest` of `core`, which
        writes it anew with `-Dholdfast.write-docs=true`. `./holdfast check-config --explain` says it for your own routes.

        The first rule that fits decides: `done-on` (here its default, `2xx`), 401, 429 and 503 with Retry-After, `reject-on`
        (here its default), and everything else is a failure of the call. A call that failed is made again after the
        policy's wait, unless the route is not `repeatable` and the call may have taken effect: then the request fails with
        reason `uncertain`, since nobody knows. Surely without effect are 421, 425, 429, 503, and a connection that never
        was. Interim answers (1xx) are passed over. No redirect is followed; the failure's `detail` says where it points.

        A request that is *kept* loses no attempt and none of its place; every outcome that leads to another call ends with
        `retry.give-up-after`, if that is not 0. An upstream that answers 401 is tried by single calls, after 10 seconds
        and then after as long as it has refused already, half an hour at most; one that takes the credential opens it, and
        so does an admin's `POST /v1/upstreams/{name}/resume`. A reload (SIGHUP) and a restart try it at once, so that a new key is in force.
        Retry-After is seconds, with or without a fraction, or a date in any of HTTP's three forms; it is rounded up to whole
        seconds, and one over 31 days is not believed.

        ## By status

        """
                + byStatus(asker)
                + """

                *Then* is what Retry-After says.

                ## By body, where the status is the result's

                """
                + byBody(asker)
                + """

                A page of HTML is what proxies and maintenance put in an API's place, and where a result is any text nothing else
                tells them apart: a call that may be made again is. A route that wants pages says so, by
                `call.headers: { Accept: text/html }`. A result without a body is `""` as text and `null` as JSON.

                ## By a rule of `verdict`

                """
                + byVerdict(asker)
                + """

                A rule decides before all of this, by a status, a header or what stands anywhere in a body that may be the
                result (of up to `result.max`; in any other body, in its first 64 KiB)
                (`json`, a JSON pointer); the first one that fits, whatever the status. What a rule finds that may be called again
                took no effect, the rule says so: a route that is not `repeatable` calls again, too. *Then* is what the answer's
                Retry-After says, or what `after` names. So a path of an API that answers 401 for reasons of its own is told apart from
                a credential that is refused: `verdict: [ { status: 401, json: /error, is: not_yours, then: reject } ]`. What an answer that
                you kept would mean, `./holdfast check-config --try ROUTE --answer FILE` says.
                """;
    }

    private static String byVerdict(Asker asker) throws Exception {
        StringBuilder table =
                new StringBuilder(
                        """
                        | `then` | `repeatable` | with Retry-After | not `repeatable` | with Retry-After |
                        |---|---|---|---|---|
                        """);
        for (VerdictRule.Then then : VerdictRule.Then.values()) {
            List<String> cells = new ArrayList<>();
            for (boolean repeatable : new boolean[] {true, false}) {
                Kind kind = new Kind(ResultShape.From.JSON, repeatable, then);
                String plain = get(asker.cell(kind, 200, Body.JSON, false));
                String after = get(asker.cell(kind, 200, Body.JSON, true));
                for (int status : new int[] {401, 404, 429, 500}) {
                    assertThat(get(asker.cell(kind, status, Body.JSON, false)))
                            .as("%s %s", kind, status)
                            .isEqualTo(plain);
                }
                cells.add(plain);
                cells.add(after.equals(plain) ? "the same" : after);
            }
            table.append("| `")
                    .append(then.name().toLowerCase(Locale.ROOT))
                    .append('`')
                    .append(line(cells));
        }
        return table.toString();
    }

    private static String byStatus(Asker asker) throws Exception {
        record Row(int first, int last, List<String> cells) {}
        List<Row> rows = new ArrayList<>();
        for (int status = FIRST; status <= LAST; status++) {
            Kind may = new Kind(ResultShape.From.TEXT, true);
            Kind mayNot = new Kind(ResultShape.From.TEXT, false);
            var plain = asker.cell(may, status, Body.NONE, false);
            var after = asker.cell(may, status, Body.NONE, true);
            var onlyOnce = asker.cell(mayNot, status, Body.NONE, false);
            var onlyOnceAfter = asker.cell(mayNot, status, Body.NONE, true);
            var text = asker.cell(may, status, Body.TEXT, false);
            assertThat(get(text)).as("%d", status).isEqualTo(get(plain));
            List<String> cells =
                    List.of(
                            get(plain),
                            get(after).equals(get(plain)) ? "the same" : get(after),
                            get(onlyOnce),
                            get(onlyOnceAfter).equals(get(onlyOnce))
                                    ? "the same"
                                    : get(onlyOnceAfter));
            Row before = rows.isEmpty() ? null : rows.getLast();
            if (before != null && before.cells().equals(cells)) {
                rows.set(rows.size() - 1, new Row(before.first(), status, cells));
            } else {
                rows.add(new Row(status, status, cells));
            }
        }
        return """
        | status | `repeatable` | with Retry-After | not `repeatable` | with Retry-After |
        |---|---|---|---|---|
        | 100 to 199 | passed over | | passed over | |
        """
                + rows.stream()
                        .map(row -> "| " + span(row.first(), row.last()) + line(row.cells()))
                        .collect(Collectors.joining());
    }

    private static String byBody(Asker asker) throws Exception {
        List<Kind> kinds = new ArrayList<>();
        for (ResultShape.From from : ResultShape.From.values()) {
            kinds.add(new Kind(from, true));
            kinds.add(new Kind(from, false));
        }
        StringBuilder table = new StringBuilder("| body |");
        for (Kind kind : kinds) {
            table.append(" `from: ")
                    .append(kind.from().name().toLowerCase(Locale.ROOT))
                    .append(kind.repeatable() ? "`, `repeatable` |" : "`, not |");
        }
        table.append("\n|---|").append("---|".repeat(kinds.size())).append('\n');
        for (Body body : Body.values()) {
            List<String> cells = new ArrayList<>();
            for (Kind kind : kinds) {
                String cell = get(asker.cell(kind, 200, body, false));
                for (int status : new int[] {201, 202, 204, 206, 299}) {
                    Body sent = status == 204 ? Body.NONE : body;
                    String expected = sent == body ? cell : "the result";
                    assertThat(get(asker.cell(kind, status, body, false)))
                            .as("%s %s %s", kind, status, body)
                            .isEqualTo(expected);
                }
                cells.add(cell);
            }
            table.append("| ").append(body.words).append(line(cells));
        }
        return table.toString();
    }

    private static String get(CompletableFuture<String> cell) throws Exception {
        return cell.get(60, TimeUnit.SECONDS);
    }

    private static String span(int first, int last) {
        return first == last ? Integer.toString(first) : first + " to " + last;
    }

    private static String line(List<String> cells) {
        return " | " + String.join(" | ", cells) + " |\n";
    }
}
