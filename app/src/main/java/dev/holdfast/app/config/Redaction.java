package dev.holdfast.app.config;

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

    private Redaction() {}

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
