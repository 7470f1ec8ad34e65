package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.request.Body;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.wire.PathTemplate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route passes on as it comes.
 *
 * @param path where the upstream is called, below its URL, with the path's variables
 * @param query whether the query goes along
 * @param headers of the caller's, those that go along
 * @param body largest, in bytes
 * @param answerHeaders of the upstream's, those that come back
 * @param repeatable whether a call may be made again when its effect is not known; null: its method
 *     says so
 */
public record PassSettings(
        String path,
        boolean query,
        List<String> headers,
        long body,
        List<String> answerHeaders,
        @Nullable Boolean repeatable) {
    /**
     * Reads the section.
     *
     * @param route the route's own path, or null if that is wrong
     */
    static PassSettings read(Section s, @Nullable PathTemplate route) {
        String usual = route == null ? "/" : route.text().replace("...}", "}");
        String path =
                s.field(
                                "path",
                                "path below the upstream's `url`, with `{variables}` of the"
                                        + " route's; when not given: the route's own")
                        .orElse(usual)
                        .one("path that begins with /", text -> checked(text, route), "/");
        return new PassSettings(
                path,
                s.field("query", "whether the query goes along, as it came").orElse("true").flag(),
                s.field(
                                "headers",
                                "headers of the caller that go along; `x-*` are all that begin so."
                                        + " Content-Type and Content-Encoding always do;"
                                        + " Authorization, X-Api-Key, cookies and those of the"
                                        + " connection never")
                        .orElse("content-type, accept")
                        .words("header names", name -> named(name, true)),
                s.field("body", "largest body; any bytes").orElse("10MiB").bytes(0, Body.MAX_BYTES),
                s.field(
                                "answer-headers",
                                "headers of the upstream's answer that come back; Content-Type and"
                                        + " Content-Encoding always do, cookies and those of the"
                                        + " connection never")
                        .orElse("content-type")
                        .words("header names", name -> named(name, false)),
                null);
    }

    /** The same with what was said for all methods. */
    PassSettings repeatable(boolean all) {
        return new PassSettings(path, query, headers, body, answerHeaders, all);
    }

    private static String checked(String text, @Nullable PathTemplate route) {
        if (route != null) {
            route.check(text);
        }
        return text;
    }

    private static String named(String name, boolean callers) {
        List<String> one = List.of(name);
        var _ = callers ? HeaderChoice.ofCallers(one) : HeaderChoice.ofAnswers(one);
        return name;
    }
}
