package dev.holdfast.app.config;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.request.VerdictRule;
import dev.holdfast.request.VerdictRule.Then;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a route's {@code verdict}: what its answers mean by more than their status. */
final class VerdictSettings {
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final int MAX_POINTER_CHARS = 256;

    private VerdictSettings() {}

    static List<VerdictRule> read(Section route) {
        List<VerdictRule> rules = new ArrayList<>();
        for (Section s : route.list("verdict")) {
            VerdictRule rule = rule(s);
            if (rule != null) {
                rules.add(rule);
            }
        }
        if (rules.size() > VerdictRule.MAX_RULES) {
            route.mistake("verdict", "has more than " + VerdictRule.MAX_RULES + " rules");
            return List.of();
        }
        return rules;
    }

    private static @Nullable VerdictRule rule(Section s) {
        Set<Integer> statuses =
                Statuses.all(
                        s.field("status", "statuses that the rule is for; all, if not given")
                                .orElse("")
                                .words(Statuses.TYPE, Statuses::parse));
        String header = s.field("header", "a header that the answer has").optionalText();
        String json =
                s.field(
                                "json",
                                "JSON pointer to what the answer's body has; of one that cannot be the result"
                                        + " in its first 64 KiB")
                        .optionalText();
        String is =
                s.field("is", "what stands there; without it, it need only be there and not null")
                        .optionalText();
        boolean exists =
                s.field(
                                "exists",
                                "false: that it is not there, or null, in JSON that can be read to"
                                        + " its end")
                        .orElse("true")
                        .flag();
        Then then =
                s.field(
                                "then",
                                "what such an answer means: the result; a final refusal; a failure"
                                        + " without effect, so that the call is made again; that the"
                                        + " upstream takes no calls for a while; that it refuses the"
                                        + " credential")
                        .required()
                        .choice(Then.class, Then.RETRY);
        String after =
                s.field(
                                "after",
                                "JSON pointer or header where the wait stands that it asks for, in"
                                        + " seconds or as a date; else its Retry-After")
                        .optionalText();
        boolean inHeader = after != null && !after.startsWith("/");
        List<Boolean> right =
                List.of(
                        isHeader(s, "header", header),
                        isPointer(s, "json", json),
                        inHeader ? isHeader(s, "after", after) : isPointer(s, "after", after));
        if (after != null && then != Then.RETRY && then != Then.THROTTLED) {
            s.mistake("after", "goes with `then: retry` and `then: throttled`");
        }
        return right.contains(false)
                ? null
                : rule(s, statuses, header, json, is, exists, then, after);
    }

    private static @Nullable VerdictRule rule(
            Section s,
            Set<Integer> statuses,
            @Nullable String header,
            @Nullable String json,
            @Nullable String is,
            boolean exists,
            Then then,
            @Nullable String after) {
        try {
            return new VerdictRule(
                    statuses,
                    header == null ? null : header.toLowerCase(Locale.ROOT),
                    json == null ? null : JsonPointer.compile(json),
                    is,
                    exists,
                    then,
                    after);
        } catch (IllegalArgumentException e) {
            s.mistake("then", String.valueOf(e.getMessage()));
            return null;
        }
    }

    static boolean isPointer(Section s, String key, @Nullable String text) {
        boolean right =
                text == null || (text.startsWith("/") && text.length() <= MAX_POINTER_CHARS);
        if (!right) {
            s.mistake(
                    key,
                    "a JSON pointer begins with / and has at most "
                            + MAX_POINTER_CHARS
                            + " characters");
        }
        return right;
    }

    private static boolean isHeader(Section s, String key, @Nullable String text) {
        boolean right = text == null || HEADER.matcher(text).matches();
        if (!right) {
            s.mistake(key, "cannot be a header's name");
        }
        return right;
    }
}
