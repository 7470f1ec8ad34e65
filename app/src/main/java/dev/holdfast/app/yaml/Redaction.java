package dev.holdfast.app.yaml;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What of a value may be read by others. URLs carry passwords before their host and keys in their
 * query (RFC 3986 sections 3.2.1 and 3.4).
 */
final class Redaction {
    /** Stands where a secret stood. */
    static final String MASK = "****";

    private static final String AUTHORITY = "://";
    private static final Pattern USER_INFO =
            Pattern.compile("(?<=://)([^/?#@:\\s]*)(:?)[^/?#\\s]*@");
    private static final Pattern QUERY_VALUE = Pattern.compile("([?&#])([^=&#]*=)?[^&#]*");
    private static final Pattern QUERY = Pattern.compile("[?#]");

    /** Placeholders of a call's template, and what stands between them without saying anything. */
    private static final Pattern PLACEHOLDERS =
            Pattern.compile("([ ,;:/-]*\\{[A-Za-z_][A-Za-z0-9_-]*})+");

    /** Headers and query parameters that never are secrets; all others' values are masked. */
    private static final Set<String> OPEN_NAMES =
            Set.of(
                    "accept",
                    "accept-charset",
                    "accept-encoding",
                    "accept-language",
                    "content-type",
                    "user-agent",
                    "format",
                    "lang",
                    "language",
                    "locale",
                    "page",
                    "limit",
                    "sort",
                    "version");

    private Redaction() {}

    /** Whether a header, a query parameter or a field of this name never is a secret. */
    static boolean isOpenName(String name) {
        return OPEN_NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Whether a template is made of what callers send and of nothing else. */
    static boolean isHarmless(String template) {
        return PLACEHOLDERS.matcher(template).matches();
    }

    /** A body's structure as JSON, with every text masked that is not harmless. */
    static String masked(Node node) {
        return NodeJson.of(withoutTexts(node));
    }

    private static Node withoutTexts(Node node) {
        return switch (node) {
            case Node.Scalar s when isHarmless(s.text()) -> s;
            case Node.Scalar s when !s.quoted() && NodeJson.isPlain(s.text()) -> s;
            case Node.Scalar s when s.text().isEmpty() || s.isNull() -> s;
            case Node.Scalar s -> new Node.Scalar(s.origin(), MASK, true);
            case Node.Sequence s ->
                    new Node.Sequence(
                            s.origin(), s.items().stream().map(Redaction::withoutTexts).toList());
            case Node.Mapping m -> {
                Map<String, Node.Entry> entries = new LinkedHashMap<>();
                m.entries()
                        .forEach(
                                (key, entry) ->
                                        entries.put(
                                                key,
                                                new Node.Entry(
                                                        entry.origin(),
                                                        isOpenName(key)
                                                                ? entry.value()
                                                                : withoutTexts(entry.value()))));
                yield new Node.Mapping(m.origin(), entries);
            }
        };
    }

    /** A value in force: a URL in it without password and without what its query gives. */
    static String masked(String text) {
        int authority = text.indexOf(AUTHORITY);
        if (authority < 0) {
            return text;
        }
        String shown = USER_INFO.matcher(text).replaceAll(Redaction::maskedUser);
        var query = QUERY.matcher(shown);
        if (!query.find(authority)) {
            return shown;
        }
        return shown.substring(0, query.start())
                + QUERY_VALUE.matcher(shown.substring(query.start())).replaceAll("$1$2" + MASK);
    }

    private static String maskedUser(MatchResult found) {
        return (found.group(2).isEmpty() ? "" : found.group(1) + ":") + MASK + "@";
    }

    /**
     * A value that is wrong, as a mistake names it. Where a secret ends cannot be told of a URL
     * that is not one, so all that may belong to it is left out.
     *
     * @param url whether a URL was expected
     */
    static String quoted(String text, boolean url) {
        int authority = text.indexOf(AUTHORITY);
        if (!url && authority < 0) {
            return "`" + text + "`";
        }
        if (text.indexOf('@') >= 0) {
            return authority < 0
                    ? "its value"
                    : "`" + text.substring(0, authority + AUTHORITY.length()) + "…`";
        }
        var query = QUERY.matcher(text);
        return "`" + (query.find() ? text.substring(0, query.end()) + "…" : text) + "`";
    }
}
