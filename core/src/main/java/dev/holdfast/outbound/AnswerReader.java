package dev.holdfast.outbound;

import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.outbound.body.Looked;
import dev.holdfast.outbound.http.RetryAfter;
import dev.holdfast.request.Body;
import dev.holdfast.request.Failure;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.JsonLooks;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.StatusRules.Meaning;
import dev.holdfast.request.VerdictRule;
import dev.holdfast.request.VerdictRule.Verdict;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an upstream's answer, or its absence, means for a request. */
final class AnswerReader {
    private static final int REDIRECTION = 3;
    private static final String HTML = "text/html";
    private static final int MAX_BYTES_PER_CHAR = 4;

    /** A length in bytes that a long holds. */
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private final InstantSource wall;

    AnswerReader(InstantSource wall) {
        this.wall = wall;
    }

    /** How much of an answer's body is worth reading. */
    static Exchange.Wanted wanted(HttpCallTemplate call, int status) {
        Meaning meaning = call.rules().meaning(status, false);
        AsItCame asItCame = call.asItCame();
        if (asItCame != null
                && (call.rules().mayBeDone(status)
                        || call.rules().looksIntoBody(status)
                        || (meaning == Meaning.REJECTED && asItCame.passes()))) {
            return new Exchange.Wanted(asItCame.maxBytes(), false, 0);
        }
        if (call.rules().mayBeDone(status)) {
            return call.shape().from() == ResultShape.From.STATUS
                    ? new Exchange.Wanted(Result.MAX_BODY_BYTES, false)
                    : new Exchange.Wanted(call.maxBytes(), false, Result.MAX_BODY_BYTES);
        }
        if (call.rules().looksIntoBody(status)) {
            return new Exchange.Wanted(VerdictRule.MAX_LOOK_BYTES, true);
        }
        return switch (meaning) {
            case DONE -> new Exchange.Wanted(Result.MAX_BODY_BYTES, false);
            case UNAUTHORIZED, REJECTED ->
                    new Exchange.Wanted(
                            Outcome.Rejected.MAX_REJECTION_CHARS * MAX_BYTES_PER_CHAR, true);
            case THROTTLED, FAILED -> Exchange.Wanted.NOTHING;
        };
    }

    Outcome outcome(HttpCallTemplate call, Exchange.Ending ending) {
        return switch (ending) {
            case Exchange.Answered answer -> withUse(call, answer, answered(call, answer));
            case Exchange.Broken broken -> broken(call, broken);
        };
    }

    /** With what the answer says that it took, where somebody counts that. */
    private static Outcome withUse(
            HttpCallTemplate call, Exchange.Answered answer, Outcome outcome) {
        if (call.costs().isEmpty() || !(outcome instanceof Outcome.Done(Result result, _))) {
            return outcome;
        }
        JsonLooks.Seen seen = seen(call, answer);
        Map<String, Long> used = new HashMap<>();
        call.costs()
                .forEach(
                        (unit, rule) -> {
                            Long actual =
                                    rule.actual() == null
                                            ? null
                                            : rule.actual(seen.at(rule.actual()));
                            if (actual != null) {
                                used.put(unit, actual);
                            }
                        });
        return new Outcome.Done(result, used);
    }

    private Outcome answered(HttpCallTemplate call, Exchange.Answered answer) {
        int status = answer.status();
        Duration retryAfter = retryAfter(answer.headers());
        Verdict verdict =
                call.rules().isOpen(status)
                        ? call.rules()
                                .verdict(
                                        new VerdictRule.Seen(
                                                status,
                                                answer.headers()::get,
                                                seen(call, answer)::at))
                        : null;
        if (verdict != null) {
            return said(call, answer, verdict, retryAfter);
        }
        return switch (call.rules().meaning(status, retryAfter != null)) {
            case DONE -> done(call, answer);
            case UNAUTHORIZED -> new Outcome.Unauthorized(start(answer));
            case THROTTLED -> new Outcome.Throttled(status, retryAfter);
            case REJECTED -> rejected(call, answer);
            case FAILED -> failed(status, retryAfter);
        };
    }

    /** What stands where the route looks. */
    private static JsonLooks.Seen seen(HttpCallTemplate call, Exchange.Answered answer) {
        return answer.looked() == null
                ? AnswerText.look(
                        answer.head(),
                        answer.body().getBytes(),
                        LargeAnswer.places(call, answer.status()))
                : answer.looked().places();
    }

    private Outcome said(
            HttpCallTemplate call,
            Exchange.Answered answer,
            Verdict verdict,
            @Nullable Duration retryAfter) {
        int status = answer.status();
        String date = answer.headers().get("date");
        Duration asked = RetryAfter.parse(verdict.after(), date, wall.instant());
        Duration wait = asked == null ? retryAfter : asked;
        return switch (verdict.then()) {
            case DONE -> done(call, answer);
            case REJECT -> rejected(call, answer);
            case RETRY -> new Outcome.Failed(Outcome.Why.STATUS, status, wait, false);
            case THROTTLED -> new Outcome.Throttled(status, wait);
            case UNAUTHORIZED -> new Outcome.Unauthorized(start(answer));
        };
    }

    private static Outcome failed(int status, @Nullable Duration retryAfter) {
        return new Outcome.Failed(
                Outcome.Why.STATUS, status, retryAfter, StatusRules.mayHaveTakenEffect(status));
    }

    private static Outcome done(HttpCallTemplate call, Exchange.Answered answer) {
        AsItCame asItCame = call.asItCame();
        if (asItCame != null) {
            Body all = answer.kept();
            return all == null
                    ? Codings.tooLarge(asItCame.maxBytes()).outcome(answer.status())
                    : new Outcome.Done(
                            new Result(answer.status(), original(asItCame, answer, all)));
        }
        if (isStray(call, answer)) {
            return new Outcome.Failed(Outcome.Why.GARBAGE, answer.status(), null, true);
        }
        Looked looked = answer.looked();
        if (looked != null) {
            return large(call, answer.status(), looked);
        }
        try {
            return new Outcome.Done(new Result(answer.status(), read(call, answer)));
        } catch (UnreadableException e) {
            return e.outcome(answer.status());
        }
    }

    /** The text of an answer, which is what the route wants. */
    private static String read(HttpCallTemplate call, Exchange.Answered answer)
            throws UnreadableException {
        byte[] body = answer.body().getBytes();
        if (call.shape().from() == ResultShape.From.STATUS) {
            // The status says it all; its words are kept as far as they can be read.
            return cut(
                    AnswerText.start(answer.head(), body, Result.MAX_BODY_BYTES),
                    Result.MAX_BODY_BYTES / MAX_BYTES_PER_CHAR);
        }
        if (!answer.whole()) {
            throw Codings.tooLarge(call.maxBytes());
        }
        int most = Math.min(call.maxBytes(), Result.MAX_BODY_BYTES);
        String text = AnswerText.whole(answer.head(), body, most);
        boolean fits =
                call.shape().from() != ResultShape.From.JSON
                        || text.isEmpty()
                        || JsonTemplate.isOneValue(text);
        if (!fits) {
            throw UnreadableException.notJson();
        }
        return text;
    }

    /** A large text, which was looked through. */
    private static Outcome large(HttpCallTemplate call, int status, Looked looked) {
        Body text = looked.text();
        if (text == null) {
            return looked.wrong() == null
                    ? UnreadableException.notJson().outcome(status)
                    : looked.wrong();
        }
        String type =
                call.shape().from() == ResultShape.From.JSON
                        ? "application/json"
                        : "text/plain; charset=utf-8";
        Original original = new Original(List.of(new HeaderLine("content-type", type)), text);
        return new Outcome.Done(new Result(status, original));
    }

    /**
     * A page of HTML is what proxies and maintenance put in an API's place, with any status. Where
     * the result is the answer's text, nothing else would tell them apart; one that may be called
     * again is, unless the call asks for HTML. What may not is believed: it took effect.
     */
    private static boolean isStray(HttpCallTemplate call, Exchange.Answered answer) {
        return call.shape().from() == ResultShape.From.TEXT
                && call.repeatable()
                && answer.body().length() > 0
                && isHtml(answer.headers().get("content-type"))
                && call.headers().entrySet().stream()
                        .noneMatch(
                                header ->
                                        header.getKey().equalsIgnoreCase("accept")
                                                && header.getValue()
                                                        .toLowerCase(Locale.ROOT)
                                                        .contains(HTML));
    }

    private static boolean isHtml(@Nullable String type) {
        return type != null && type.strip().toLowerCase(Locale.ROOT).startsWith(HTML);
    }

    private static Outcome broken(HttpCallTemplate call, Exchange.Broken broken) {
        Exchange.Answered partial = broken.partial();
        if (partial != null
                && !call.rules().isOpen(partial.status())
                && call.rules().meaning(partial.status(), false) == Meaning.REJECTED) {
            return rejected(call, partial);
        }
        Outcome.Why why =
                switch (broken.fault()) {
                    case NO_CONNECTION -> Outcome.Why.REFUSED;
                    case TIMEOUT -> Outcome.Why.TIMEOUT;
                    case RESET -> Outcome.Why.RESET;
                    case GARBAGE -> Outcome.Why.GARBAGE;
                };
        Integer status = partial == null ? null : partial.status();
        return new Outcome.Failed(why, status, null, broken.sent());
    }

    /** The answer as it came, with what says what its bytes are. */
    private static Original original(AsItCame asItCame, Exchange.Answered answer, Body all) {
        List<HeaderLine> headers = new ArrayList<>(asItCame.answerHeaders().of(answer.headers()));
        headers.removeIf(line -> line.name().equals("content-encoding"));
        String type = answer.headers().get("content-type");
        if (type != null && headers.stream().noneMatch(l -> l.name().equals("content-type"))) {
            headers.addFirst(new HeaderLine("content-type", type.strip()));
        }
        List<String> codings =
                answer.head().codings().stream().filter(one -> !one.equals("identity")).toList();
        if (!codings.isEmpty()) {
            headers.add(new HeaderLine("content-encoding", String.join(", ", codings)));
        }
        String length = answer.headers().get("content-length");
        if (all.isEmpty() && length != null && LENGTH.matcher(length.strip()).matches()) {
            // A HEAD's, which nothing else says.
            headers.add(new HeaderLine("content-length", length.strip()));
        }
        return new Original(headers, all);
    }

    private static Outcome rejected(HttpCallTemplate call, Exchange.Answered answer) {
        AsItCame asItCame = call.asItCame();
        Body all = answer.kept();
        if (asItCame != null && all != null) {
            Original original = original(asItCame, answer, all);
            return new Outcome.Rejected(
                    answer.status(),
                    original.start(Outcome.Rejected.MAX_REJECTION_CHARS),
                    redirect(answer),
                    original);
        }

        return new Outcome.Rejected(answer.status(), start(answer), redirect(answer));
    }

    /** Where a redirect points, in words; null for all else. */
    private static @Nullable String redirect(Exchange.Answered answer) {
        String location = answer.headers().get("location");
        return answer.status() / 100 == REDIRECTION && location != null
                ? cut("redirects to " + location, Failure.MAX_DETAIL_CHARS)
                : null;
    }

    /** The start of the answer's body. */
    private static String start(Exchange.Answered answer) {
        return cut(
                AnswerText.start(
                        answer.head(),
                        answer.body().getBytes(),
                        Outcome.Rejected.MAX_REJECTION_CHARS * MAX_BYTES_PER_CHAR),
                Outcome.Rejected.MAX_REJECTION_CHARS);
    }

    private static String cut(String body, int most) {
        int end = Math.min(body.length(), most);
        if (end < body.length() && Character.isHighSurrogate(body.charAt(end - 1))) {
            end--;
        }
        return body.substring(0, end);
    }

    private @Nullable Duration retryAfter(MultiMap headers) {
        return RetryAfter.parse(headers.get("retry-after"), headers.get("date"), wall.instant());
    }
}
