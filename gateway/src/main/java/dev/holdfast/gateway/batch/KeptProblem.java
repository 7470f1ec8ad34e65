package dev.holdfast.gateway.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistake;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Accepted;
import dev.holdfast.wire.BasePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What was wrong with a line, as it is kept: what a problem says beside its type, after its kind's
 * name and a space, and never more than a little.
 */
final class KeptProblem {
    /** Mistakes of one line that are kept. */
    static final int MAX_MISTAKES = 3;

    /** Longest words of one, in characters. */
    static final int MAX_WORDS_CHARS = 300;

    private KeptProblem() {}

    static String of(Problem problem) {
        Problem.Kind kind = problem.kind();
        String json =
                Json.object(
                                out -> {
                                    out.writeStringField("title", kind.title());
                                    out.writeNumberField("status", kind.status());
                                    out.writeStringField("detail", shortened(problem.detail()));
                                    if (problem instanceof Problem.Invalid(_, var mistakes)) {
                                        write(out, mistakes);
                                    }
                                })
                        .toString(StandardCharsets.UTF_8);
        return kind.slug() + " " + json;
    }

    /** What the store says of a line. */
    static String of(Accepted.Why why) {
        return of(refusal(why));
    }

    /** What who goes on sending a batch hears that was cancelled meanwhile. */
    static Problem cancelled() {
        return new Problem.Plain(
                Problem.Kind.ALREADY_DONE,
                "This batch was cancelled; send what is still wanted of it by another"
                        + " Idempotency-Key.");
    }

    static Problem refusal(Accepted.Why why) {
        return switch (why) {
            case TOO_MANY_PENDING ->
                    new Problem.Passing(
                            Problem.Kind.TOO_MANY_PENDING,
                            "Wait until some of this client's requests are done, and send this line"
                                    + " again in another batch.",
                            null);
            case QUEUE_FULL ->
                    new Problem.Passing(
                            Problem.Kind.QUEUE_FULL,
                            "The upstream's queue took no more; send this line again later in"
                                    + " another batch.",
                            null);
            case KEY_REUSED, UNWANTED ->
                    throw new IllegalStateException("a line has no key and is always wanted");
        };
    }

    /** Writes it as everywhere. */
    static void write(JsonGenerator json, BasePath base, String kept) throws IOException {
        int space = kept.indexOf(' ');
        String type = base.outside("/problems/" + kept.substring(0, space));
        json.writeRawValue("{\"type\":\"" + type + "\"," + kept.substring(space + 2));
    }

    private static void write(JsonGenerator out, List<Mistake> mistakes) throws IOException {
        out.writeArrayFieldStart("errors");
        for (Mistake mistake : mistakes.subList(0, Math.min(MAX_MISTAKES, mistakes.size()))) {
            out.writeStartObject();
            out.writeStringField("field", mistake.field());
            out.writeStringField("detail", shortened(mistake.detail()));
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static String shortened(String words) {
        return words.length() <= MAX_WORDS_CHARS
                ? words
                : words.substring(0, MAX_WORDS_CHARS) + "\u2026";
    }
}
