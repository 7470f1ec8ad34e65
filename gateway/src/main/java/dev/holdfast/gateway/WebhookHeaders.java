package dev.holdfast.gateway;

import dev.holdfast.http.Mistakes;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Checks the headers that a caller wants on its webhooks. */
final class WebhookHeaders {
    /** Headers at most, of one ask. */
    static final int MAX_HEADERS = 5;

    static final int MAX_VALUE_CHARS = 1024;

    /** Headers that belong to one connection or to the sender (RFC 9110, 7.6.1). */
    private static final Set<String> NOT_THE_CALLERS =
            Set.of(
                    "connection",
                    "keep-alive",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "proxy-connection",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "expect",
                    "host",
                    "content-length",
                    "content-type",
                    "content-encoding",
                    "date");

    /** A token (RFC 9110, 5.6.2) of at most 64 characters. */
    private static final Pattern NAME = Pattern.compile("[0-9a-zA-Z!#$%&'*+.^_`|~-]{1,64}");

    private WebhookHeaders() {}

    /**
     * The headers with their names in lower case; what is wrong with them goes to {@code mistakes}.
     *
     * @param ourKey whether a value is a key of ours, which must not leave
     */
    static Map<String, String> check(
            Map<String, String> headers, Predicate<String> ourKey, Mistakes mistakes) {
        String field = ExtraField.WEBHOOK_HEADERS.wire();
        Map<String, String> checked = new TreeMap<>();
        if (headers.size() > MAX_HEADERS) {
            mistakes.add(field, "send at most " + MAX_HEADERS + " headers");
            return checked;
        }
        headers.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (!isName(name)) {
                        mistakes.add(field, "one of the names is not the name of a header");
                    } else if (NOT_THE_CALLERS.contains(lower) || lower.startsWith("webhook-")) {
                        mistakes.add(field, lower + " cannot be set");
                    } else if (!isValue(value)) {
                        mistakes.add(
                                field,
                                lower
                                        + " has at most "
                                        + MAX_VALUE_CHARS
                                        + " printable ASCII characters");
                    } else if (ourKey.test(value)) {
                        mistakes.add(field, lower + " holds the key of a Holdfast client");
                    } else if (checked.put(lower, value) != null) {
                        mistakes.add(field, lower + " is there twice");
                    }
                });
        return checked;
    }

    private static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    private static boolean isValue(String value) {
        return value.length() <= MAX_VALUE_CHARS
                && value.equals(value.strip())
                && value.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    }
}
