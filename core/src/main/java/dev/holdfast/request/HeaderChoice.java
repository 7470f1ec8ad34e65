package dev.holdfast.request;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which headers are passed on: named ones and, with a {@code *} at the end, those that begin so;
 * never what belongs to one connection (RFC 9110, section 7.6.1), what says who somebody is, or
 * what is Holdfast's own or its origin's. Pure.
 */
public final class HeaderChoice {
    /** Most names, and the longest of them in characters. */
    public static final int MAX_NAMES = 100;

    private static final Pattern NAME = Pattern.compile("[!#$%&'+.^_`|~0-9a-z-]{1,100}");

    /** Of one connection, or of its framing. */
    private static final Set<String> HOPS =
            Set.of(
                    "connection",
                    "keep-alive",
                    "proxy-connection",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "proxy-authentication-info",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "http2-settings",
                    "content-length",
                    "expect",
                    "host");

    /** Who asks, from where, and on what way: it ends here. */
    private static final Set<String> CALLERS =
            Set.of(
                    "authorization",
                    "x-api-key",
                    "cookie",
                    "cookie2",
                    "forwarded",
                    "via",
                    "x-real-ip",
                    "traceparent",
                    "tracestate");

    /** What speaks for a whole origin, which is ours, or is said by us. */
    private static final Set<String> ANSWERS =
            Set.of(
                    "set-cookie",
                    "set-cookie2",
                    "date",
                    "www-authenticate",
                    "clear-site-data",
                    "alt-svc",
                    "strict-transport-security",
                    "service-worker-allowed",
                    "cache-status",
                    "content-security-policy",
                    "x-content-type-options",
                    "x-sendfile");

    private static final List<String> CALLERS_BEGIN = List.of("holdfast-", "x-forwarded-");

    /** Besides ours: what a proxy before us does as it is told, and who may read from elsewhere. */
    private static final List<String> ANSWERS_BEGIN =
            List.of("holdfast-", "x-accel-", "x-lighttpd-", "access-control-");

    /** What makes another request of the one that was let in: no wildcard means it. */
    private static final Set<String> CALLERS_NAMED =
            Set.of(
                    "x-original-url",
                    "x-rewrite-url",
                    "x-http-method-override",
                    "x-http-method",
                    "x-method-override");

    /** It is ours unless the upstream's is asked for. */
    private static final Set<String> ANSWERS_NAMED = Set.of("x-request-id");

    private final Set<String> names = new HashSet<>();
    private final List<String> starts = new ArrayList<>();
    private final Predicate<String> never;
    private final Set<String> onlyNamed;

    private HeaderChoice(List<String> chosen, Predicate<String> never, Set<String> onlyNamed) {
        this.never = never;
        this.onlyNamed = onlyNamed;
        if (chosen.size() > MAX_NAMES) {
            throw new IllegalArgumentException("at most " + MAX_NAMES + " headers");
        }
        for (String one : chosen) {
            String lower = one.toLowerCase(Locale.ROOT);
            boolean start = lower.endsWith("*");
            String name = start ? lower.substring(0, lower.length() - 1) : lower;
            if (!(start && name.isEmpty()) && !NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("`" + one + "` is not a header's name");
            }
            if (!start && never.test(name)) {
                throw new IllegalArgumentException("`" + one + "` is never passed on");
            }
            if (start) {
                starts.add(name);
            } else {
                names.add(name);
            }
        }
    }

    /**
     * A choice of a caller's headers.
     *
     * @throws IllegalArgumentException for what is not a name, or is never passed on, saying which
     */
    public static HeaderChoice ofCallers(List<String> chosen) {
        return new HeaderChoice(
                chosen, name -> isNever(name, CALLERS, CALLERS_BEGIN), CALLERS_NAMED);
    }

    /**
     * A choice of an answer's headers.
     *
     * @throws IllegalArgumentException as {@link #ofCallers}
     */
    public static HeaderChoice ofAnswers(List<String> chosen) {
        return new HeaderChoice(
                chosen, name -> isNever(name, ANSWERS, ANSWERS_BEGIN), ANSWERS_NAMED);
    }

    /**
     * Whether a header of this name, in lower case, may be sent with every call: it is no
     * connection's, nor what frames a message.
     */
    public static boolean isSendable(String name) {
        return NAME.matcher(name).matches() && !HOPS.contains(name);
    }

    private static boolean isNever(String name, Set<String> others, List<String> beginnings) {
        return HOPS.contains(name)
                || others.contains(name)
                || beginnings.stream().anyMatch(name::startsWith);
    }

    /**
     * The chosen ones of these, in their order, names in lower case; none that a Connection among
     * them names.
     */
    public List<HeaderLine> of(Iterable<Map.Entry<String, String>> headers) {
        Set<String> ofConnection = new HashSet<>();
        for (Map.Entry<String, String> header : headers) {
            if (header.getKey().equalsIgnoreCase("connection")) {
                for (String word : header.getValue().split(",", -1)) {
                    ofConnection.add(word.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        List<HeaderLine> passed = new ArrayList<>();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (has(name) && !ofConnection.contains(name)) {
                passed.add(new HeaderLine(name, header.getValue().strip()));
            }
        }
        return passed;
    }

    /** Whether a header of this name, in lower case, is passed on. */
    public boolean has(String name) {
        return !never.test(name)
                && (names.contains(name)
                        || (!onlyNamed.contains(name)
                                && starts.stream().anyMatch(name::startsWith)));
    }

    @Override
    public String toString() {
        return "HeaderChoice[" + names + starts + "]";
    }
}
