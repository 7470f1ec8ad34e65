package dev.holdfast.outbound;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.StatusRules.Meaning;
import io.vertx.core.MultiMap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an upstream's answer, or its absence, means for a request. */
final class AnswerReader {
    private static final int REDIRECTION = 3;
    private static final String HTML = "text/html";
    private static final int MAX_BYTES_PER_CHAR = 4;
    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([a-z0-9_.:-]+)", Pattern.CASE_INSENSITIVE);
    private static final Map<String, Charset> CHARSETS =
            Map.of(
                    "utf-8", StandardCharsets.UTF_8,
                    "us-ascii", StandardCharsets.US_ASCII,
                    "iso-8859-1", StandardCharsets.ISO_8859_1,
                    "utf-16", StandardCharsets.UTF_16);

    private final InstantSource wall;

    AnswerReader(InstantSource wall) {
        this.wall = wall;
    }

    /** How much of an answer's body is worth reading. */
    static Exchange.Wanted wanted(HttpCallTemplate call, int status) {
        return switch (call.rules().meaning(status, false)) {
            case DONE -> new Exchange.Wanted(Result.MAX_BODY_BYTES, false);
            case UNAUTHORIZED, REJECTED ->
                    new Exchange.Wanted(
                            Outcome.Rejected.MAX_REJECTION_CHARS * MAX_BYTES_PER_CHAR, true);
            case THROTTLED, FAILED -> Exchange.Wanted.NOTHING;
        };
    }

    Outcome outcome(HttpCallTemplate call, Exchange.Ending ending) {
        return switch (ending) {
            case Exchange.Answered answer -> answered(call, answer);
            case Exchange.Broken broken -> broken(call, broken);
        };
    }

    private Outcome answered(HttpCallTemplate call, Exchange.Answered answer) {
        int status = answer.status();
        Duration retryAfter = retryAfter(answer.headers());
        return switch (call.rules().meaning(status, retryAfter != null)) {
            case DONE -> done(call, answer);
            case UNAUTHORIZED -> new Outcome.Unauthorized(start(answer));
            case THROTTLED -> new Outcome.Throttled(status, retryAfter);
            case REJECTED -> rejected(answer);
            case FAILED -> failed(status, retryAfter);
        };
    }

    private static Outcome failed(int status, @Nullable Duration retryAfter) {
        return new Outcome.Failed(
                Outcome.Why.STATUS, status, retryAfter, StatusRules.mayHaveTakenEffect(status));
    }

    private static Outcome done(HttpCallTemplate call, Exchange.Answered answer) {
        String body = answer.whole() ? text(answer) : null;
        return body != null && !isStray(call, answer) && fits(call.shape(), body)
                ? new Outcome.Done(new Result(answer.status(), body))
                : new Outcome.Failed(Outcome.Why.GARBAGE, answer.status(), null, true);
    }

    /**
     * A page of HTML is what proxies and maintenance put in an API's place, with any status. Where
     * the result is the answer's text, nothing else would tell them apart; one that may be called
     * again is, unless the call asks for HTML. What may not is believed: it took effect.
     */
    private static boolean isStray(HttpCallTemplate call, Exchange.Answered answer) {
        return call.shape().from() == ResultShape.From.TEXT
                && call.repeatable()
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
        if (partial != null && call.rules().meaning(partial.status(), false) == Meaning.REJECTED) {
            return rejected(partial);
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

    private static Outcome rejected(Exchange.Answered answer) {
        String location = answer.headers().get("location");
        boolean redirect = answer.status() / 100 == REDIRECTION && location != null;
        return new Outcome.Rejected(
                answer.status(),
                start(answer),
                redirect ? cut("redirects to " + location, Failure.MAX_DETAIL_CHARS) : null);
    }

    /** The start of the answer's body. */
    private static String start(Exchange.Answered answer) {
        return cut(
                answer.body().toString(charset(answer.headers())),
                Outcome.Rejected.MAX_REJECTION_CHARS);
    }

    private static String cut(String body, int most) {
        int end = Math.min(body.length(), most);
        if (end < body.length() && Character.isHighSurrogate(body.charAt(end - 1))) {
            end--;
        }
        return body.substring(0, end);
    }

    private static boolean fits(ResultShape shape, String body) {
        return shape.from() != ResultShape.From.JSON
                || body.isEmpty()
                || JsonTemplate.isOneValue(body);
    }

    private static @Nullable String text(Exchange.Answered answer) {
        try {
            String text =
                    charset(answer.headers())
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(answer.body().getBytes()))
                            .toString();
            return text.length() <= Result.MAX_BODY_BYTES
                            && Escape.utf8(text).remaining() <= Result.MAX_BODY_BYTES
                    ? text
                    : null;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static Charset charset(MultiMap headers) {
        String type = headers.get("content-type");
        Matcher matcher = CHARSET.matcher(type == null ? "" : type);
        return matcher.find()
                ? CHARSETS.getOrDefault(
                        matcher.group(1).toLowerCase(Locale.ROOT), StandardCharsets.UTF_8)
                : StandardCharsets.UTF_8;
    }

    private @Nullable Duration retryAfter(MultiMap headers) {
        return RetryAfter.parse(headers.get("retry-after"), headers.get("date"), wall.instant());
    }
}
