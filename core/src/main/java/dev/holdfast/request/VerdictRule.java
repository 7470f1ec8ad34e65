package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A rule of {@code verdict} in the configuration: what an answer means by its status, a header and
 * what its body says, before its status alone decides. All that the rule names must fit. Pure.
 *
 * @param statuses statuses that it is for; empty for all
 * @param header a header that must be there, in lower case; or null
 * @param json where in the body to look (RFC 6901), or null
 * @param is the text of the header or of the string, number, true or false there; null if it need
 *     only be there
 * @param exists whether something other than null must be there; if false, it must be known that
 *     there is none: nothing is known of a body that is no JSON or goes on behind what is looked at
 * @param then what such an answer means
 * @param after where the wait stands that it asks for: a pointer into the body if it begins with a
 *     slash, else a header's name; or null
 */
public record VerdictRule(
        Set<Integer> statuses,
        @Nullable String header,
        @Nullable JsonPointer json,
        @Nullable String is,
        boolean exists,
        Then then,
        @Nullable String after) {
    /** How much of a body is looked at, in bytes, where it cannot be the result. */
    public static final int MAX_LOOK_BYTES = 64 << 10;

    /** Most rules of a route. */
    public static final int MAX_RULES = 32;

    /** What an answer means. */
    public enum Then {
        /** It is the result. */
        DONE,
        /** The request is refused for good. */
        REJECT,
        /** The call had no effect and is made again, as after any failure. */
        RETRY,
        /** The upstream takes no calls for a while; no attempt is charged. */
        THROTTLED,
        /** The credential is refused; no attempt is charged. */
        UNAUTHORIZED
    }

    /**
     * What a rule says.
     *
     * @param after the wait that the answer asks for, in the words of a Retry-After; or null
     */
    public record Verdict(Then then, @Nullable String after) {}

    /**
     * An answer as rules see it.
     *
     * @param header gives a header's value by its name in lower case, or null
     * @param body gives what stands at a place in the body, as far as it was read
     */
    public record Seen(
            int status,
            Function<String, @Nullable String> header,
            Function<JsonPointer, JsonLook> body) {
        /**
         * One whose body is at hand.
         *
         * @param body gives the body's text, which may be cut off
         */
        public Seen(int status, Function<String, @Nullable String> header, Supplier<String> body) {
            this(status, header, place -> JsonLook.at(body.get(), place));
        }
    }

    public VerdictRule {
        statuses = Set.copyOf(statuses);
        if (statuses.isEmpty() && header == null && json == null) {
            throw new IllegalArgumentException("a rule names a status, a header or a json pointer");
        }
        if (header != null && json != null) {
            throw new IllegalArgumentException("a rule looks at a header or into the body");
        }
        if (is != null && !exists) {
            throw new IllegalArgumentException("what is not there is nothing");
        }
    }

    /** What the first rule that fits says, or null if none does. */
    public static @Nullable Verdict of(List<VerdictRule> rules, Seen answer) {
        for (VerdictRule rule : rules) {
            if (rule.fits(answer)) {
                String after = rule.after == null ? null : asked(rule.after, answer);
                return new Verdict(rule.then, after);
            }
        }
        return null;
    }

    /** Whether an answer of this status may be one of the rule's. */
    boolean isFor(int status) {
        return statuses.isEmpty() || statuses.contains(status);
    }

    /** Whether it can be told without the body. */
    boolean looksIntoBody() {
        return json != null || (after != null && after.startsWith("/"));
    }

    /** Where in the body it looks. */
    List<JsonPointer> places() {
        List<JsonPointer> places = new ArrayList<>();
        if (json != null) {
            places.add(json);
        }
        if (after != null && after.startsWith("/")) {
            places.add(JsonPointer.compile(after));
        }
        return places;
    }

    private boolean fits(Seen answer) {
        if (!isFor(answer.status())) {
            return false;
        }
        if (header == null && json == null) {
            return true;
        }
        return switch (look(answer)) {
            case JsonLook.Found(String text) -> is == null ? exists : is.equals(text);
            case JsonLook.Absent() -> !exists;
            case JsonLook.Unknown() -> false;
        };
    }

    private JsonLook look(Seen answer) {
        if (json != null) {
            return answer.body().apply(json);
        }
        String found = answer.header().apply(String.valueOf(header));
        return found == null ? new JsonLook.Absent() : new JsonLook.Found(found);
    }

    private static @Nullable String asked(String where, Seen answer) {
        if (!where.startsWith("/")) {
            return answer.header().apply(where);
        }
        return answer.body().apply(JsonPointer.compile(where))
                        instanceof JsonLook.Found(String text)
                ? text
                : null;
    }
}
