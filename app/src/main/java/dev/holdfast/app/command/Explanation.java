package dev.holdfast.app.command;

import dev.holdfast.app.config.RouteSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.StatusRules.Meaning;
import dev.holdfast.request.VerdictRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What each status of an upstream would mean on each route, in words. Pure. */
final class Explanation {
    private static final int FIRST = 200;
    private static final int LAST = 599;
    private static final int FIRST_REFUSAL = 300;
    private static final int UNAVAILABLE = 503;

    private Explanation() {}

    /** Every status of every route, one line for those that mean the same in a row. */
    static String of(Settings settings) {
        StringBuilder out = new StringBuilder();
        for (RouteSettings route : settings.routes()) {
            out.append(title(route)).append('\n');
            for (VerdictRule rule : route.statuses().verdicts()) {
                out.append("  first       ").append(words(rule)).append('\n');
            }
            int first = FIRST;
            for (int status = FIRST; status <= LAST; status++) {
                String words = words(route, status);
                if (status == LAST || !words(route, status + 1).equals(words)) {
                    String span = first == status ? "" + first : first + " to " + status;
                    out.append(String.format(Locale.ROOT, "  %-11s %s%n", span, words));
                    first = status + 1;
                }
            }
            out.append("  ")
                    .append(
                            route.repeatable()
                                    ? "timeout, reset, no connection, not HTTP: called again"
                                    : "no connection: called again; timeout, reset, not HTTP: fails"
                                            + " as `uncertain`")
                    .append("\n\n");
        }
        return out.toString();
    }

    /** What may surprise of what is configured, a line each. */
    static List<String> surprises(Settings settings) {
        List<String> notes = new ArrayList<>();
        for (RouteSettings route : settings.routes()) {
            StatusRules rules = route.statuses();
            for (int status : List.of(StatusRules.UNAUTHORIZED, StatusRules.TOO_MANY_REQUESTS)) {
                if (route.namesInRejectOn(status)) {
                    notes.add(
                            route.path()
                                    + ": reject-on cannot take "
                                    + status
                                    + ", which closes the upstream and keeps its requests");
                }
            }
            if (!route.repeatable()) {
                List<Integer> missed = new ArrayList<>();
                for (int status = FIRST; status < FIRST_REFUSAL; status++) {
                    if (rules.meaning(status, false) == Meaning.FAILED) {
                        missed.add(status);
                    }
                }
                if (!missed.isEmpty()) {
                    notes.add(
                            route.path()
                                    + ": done-on leaves out "
                                    + (missed.contains(FIRST + 1)
                                            ? "201, 202, 204 and the like"
                                            : missed)
                                    + ": a "
                                    + route.call().method()
                                    + " that is answered so fails as `uncertain`, though it took"
                                    + " effect; 2xx takes them all");
                }
            }
        }
        return notes;
    }

    private static String words(VerdictRule rule) {
        String where =
                rule.json() != null
                        ? rule.json() + " in the body"
                        : rule.header() != null ? "header " + rule.header() : "";
        String what =
                where.isEmpty()
                        ? "its status"
                        : where
                                + (rule.is() != null
                                        ? " is `" + rule.is() + "`"
                                        : rule.exists() ? " is there" : " is not there");
        return (rule.statuses().isEmpty() ? "if " : "if it is one of its statuses and ")
                + what
                + ": "
                + switch (rule.then()) {
                    case DONE -> "the result";
                    case REJECT -> "fails as `rejected`";
                    case RETRY -> "called again";
                    case THROTTLED ->
                            "kept; the upstream is closed for "
                                    + (rule.after() == null ? "its Retry-After" : rule.after())
                                    + ", or for a window";
                    case UNAUTHORIZED ->
                            "kept; the upstream is closed and tried now and then, until it takes"
                                    + " the credential";
                };
    }

    private static String title(RouteSettings route) {
        return route.path()
                + ": "
                + route.call().method()
                + " "
                + route.call().path()
                + " of "
                + route.upstream()
                + (route.repeatable()
                        ? ", repeatable"
                        : ", not repeatable: two asks are two calls, and none is made again that"
                                + " may have taken effect");
    }

    private static String words(RouteSettings route, int status) {
        return switch (route.statuses().meaning(status, false)) {
            case DONE -> "the result, also without a body";
            case UNAUTHORIZED ->
                    "kept; the upstream is closed and tried now and then, until it takes the"
                            + " credential";
            case THROTTLED -> "kept; the upstream is closed for its Retry-After, or for a window";
            case REJECTED ->
                    "fails as `rejected`" + (status == UNAVAILABLE ? unlessRetryAfter() : "");
            case FAILED -> failed(route, status);
        };
    }

    private static String failed(RouteSettings route, int status) {
        if (!route.repeatable() && StatusRules.mayHaveTakenEffect(status)) {
            return "fails as `uncertain`: it may have taken effect";
        }
        return "called again" + (status == UNAVAILABLE ? unlessRetryAfter() : "");
    }

    private static String unlessRetryAfter() {
        return "; with Retry-After: kept, and the upstream is closed until then";
    }
}
