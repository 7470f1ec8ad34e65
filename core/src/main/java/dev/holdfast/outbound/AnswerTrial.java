package dev.holdfast.outbound;

import dev.holdfast.outbound.http.AnswerHead;
import dev.holdfast.request.Outcome;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an answer that somebody kept would mean on a route, by the very rules of a real one. */
public final class AnswerTrial {
    /** Status of a file that is a body alone. */
    static final int USUAL_STATUS = 200;

    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/[0-9](?:\\.[0-9])? ([1-9][0-9]{2})(?: [^\\n]*)?");
    private static final int FIRST_FINAL = 200;

    private AnswerTrial() {}

    /**
     * An answer.
     *
     * @param body as it was kept: whole, without chunks
     */
    public record Kept(int status, MultiMap headers, Buffer body) {}

    /**
     * Reads what {@code curl -i} prints, with whatever interim answers come first, or a body alone,
     * which is taken for that of a 200.
     */
    public static Kept read(byte[] file) {
        byte[] rest = file;
        while (true) {
            Head head = head(rest);
            if (head == null) {
                return new Kept(
                        USUAL_STATUS, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer(rest));
            }
            rest = Arrays.copyOfRange(rest, head.length(), rest.length);
            if (head.status() >= FIRST_FINAL) {
                return new Kept(head.status(), head.headers(), Buffer.buffer(rest));
            }
        }
    }

    private record Head(int status, MultiMap headers, int length) {}

    private static @Nullable Head head(byte[] file) {
        int from = 0;
        int status = 0;
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        while (from < file.length) {
            int end = from;
            while (end < file.length && file[end] != '\n') {
                end++;
            }
            String line =
                    new String(file, from, end - from, StandardCharsets.ISO_8859_1).stripTrailing();
            from = Math.min(end + 1, file.length);
            if (status == 0) {
                Matcher first = STATUS_LINE.matcher(line);
                if (!first.matches()) {
                    return null;
                }
                status = Integer.parseInt(first.group(1));
            } else if (line.isEmpty()) {
                break;
            } else if (line.indexOf(':') > 0) {
                int colon = line.indexOf(':');
                headers.add(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
            }
        }
        return status == 0 ? null : new Head(status, headers, from);
    }

    /** What it would mean, were it an answer to a call of this route. */
    public static Outcome outcome(HttpCallTemplate call, Kept answer, Instant now) {
        Exchange.Wanted wanted = AnswerReader.wanted(call, answer.status());
        boolean whole = answer.body().length() <= wanted.bytes();
        Buffer body = answer.body();
        var answered =
                new Exchange.Answered(
                        new AnswerHead(answer.status(), answer.headers(), codings(answer)),
                        whole ? body : body.slice(0, wanted.bytes()),
                        whole || wanted.startWillDo());
        return new AnswerReader(() -> now).outcome(call, answered);
    }

    private static List<String> codings(Kept answer) {
        String codings = answer.headers().get("content-encoding");
        return codings == null
                ? List.of()
                : Arrays.stream(codings.toLowerCase(Locale.ROOT).split(",", -1))
                        .map(String::strip)
                        .filter(coding -> !coding.isEmpty())
                        .toList();
    }
}
