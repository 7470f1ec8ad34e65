package dev.holdfast.outbound;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
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
    private static final int TOO_MANY_REQUESTS = 429;
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
        if (call.doneOn().contains(status)) {
            return new Exchange.Wanted(Result.MAX_BODY_BYTES, false);
        }
        return call.rejectOn().contains(status)
                ? new Exchange.Wanted(
                        Outcome.Rejected.MAX_REJECTION_CHARS * MAX_BYTES_PER_CHAR, true)
                : Exchange.Wanted.NOTHING;
    }

    Outcome outcome(HttpCallTemplate call, Exchange.Ending ending) {
        return switch (ending) {
            case Exchange.Answered answer -> answered(call, answer);
            case Exchange.Broken broken -> broken(call, broken);
        };
    }

    private Outcome answered(HttpCallTemplate call, Exchange.Answered answer) {
        int status = answer.status();
        if (call.doneOn().contains(status)) {
            String body = answer.whole() ? text(answer) : null;
            return body != null && !isPage(answer) && fits(call.shape(), status, body)
                    ? new Outcome.Done(new Result(status, body))
                    : new Outcome.Failed(Outcome.Why.GARBAGE, status, null, true);
        }
        if (call.rejectOn().contains(status)) {
            return rejected(answer);
        }
        if (status == TOO_MANY_REQUESTS) {
            return new Outcome.Throttled(retryAfter(answer.headers()));
        }
        return new Outcome.Failed(Outcome.Why.STATUS, status, retryAfter(answer.headers()), false);
    }

    /** An HTML page is what proxies and maintenance put in an API's place, whatever its status. */
    private static boolean isPage(Exchange.Answered answer) {
        String type = answer.headers().get("content-type");
        return type != null && type.strip().toLowerCase(Locale.ROOT).startsWith("text/html");
    }

    private static Outcome broken(HttpCallTemplate call, Exchange.Broken broken) {
        Exchange.Answered partial = broken.partial();
        if (partial != null && call.rejectOn().contains(partial.status())) {
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
        String body = answer.body().toString(charset(answer.headers()));
        int end = Math.min(body.length(), Outcome.Rejected.MAX_REJECTION_CHARS);
        if (end < body.length() && Character.isHighSurrogate(body.charAt(end - 1))) {
            end--;
        }
        return new Outcome.Rejected(answer.status(), body.substring(0, end));
    }

    private static boolean fits(ResultShape shape, int status, String body) {
        return switch (shape.from()) {
            case TEXT -> !body.isBlank();
            case JSON -> JsonTemplate.isOneValue(body);
            case STATUS -> shape.values().isEmpty() || shape.values().containsKey(status);
        };
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
