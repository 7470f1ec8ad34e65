package dev.holdfast.outbound;

import dev.holdfast.outbound.body.Looked;
import dev.holdfast.outbound.http.AnswerHead;
import dev.holdfast.request.Body;
import dev.holdfast.request.Outcome;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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

    /** Of a body that is kept nowhere. */
    private static final UUID NAME = new UUID(0, 0);

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
        Buffer body = answer.body();
        boolean whole = body.length() <= wanted.bytes();
        boolean kept = whole && (wanted.inHand() == 0 || body.length() > wanted.inHand());
        var answered =
                new Exchange.Answered(
                        new AnswerHead(answer.status(), answer.headers(), codings(answer)),
                        whole && !kept ? body : body.slice(0, start(wanted, body)),
                        whole || wanted.startWillDo(),
                        kept ? kept(body) : null,
                        null);
        AnswerReader reader = new AnswerReader(() -> now);
        if (!LargeAnswer.is(call, answered)) {
            Outcome outcome = reader.outcome(call, answered);
            if (!LargeAnswer.grows(call, answered, outcome)) {
                return outcome;
            }
        }
        Looked looked =
                LargeAnswer.read(
                        call,
                        answered,
                        new ByteArrayInputStream(body.getBytes()),
                        () -> new Collecting(new Nowhere(), Contents.Owner.JOB, NAME));
        return reader.outcome(call, answered.with(looked));
    }

    private static int start(Exchange.Wanted wanted, Buffer body) {
        int most = wanted.inHand() == Integer.MAX_VALUE ? wanted.bytes() : Exchange.MAX_START_BYTES;
        return Math.min(body.length(), most);
    }

    private static Body kept(Buffer body) {
        return body.length() <= Body.MAX_INLINE_BYTES
                ? new Body.Inline(body.getBytes())
                : new Body.Kept(NAME, body.length());
    }

    /** Keeps nothing: what is tried is in memory anyway. */
    private static final class Nowhere implements Contents {
        @Override
        public CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> drop(UUID id) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public byte @Nullable [] chunk(UUID id, int number) {
            return null;
        }

        @Override
        public Room room(int client) {
            return Room.ENOUGH;
        }
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
