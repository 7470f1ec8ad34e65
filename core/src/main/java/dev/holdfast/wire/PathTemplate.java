package dev.holdfast.wire;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path with variables: {@code {x}} is one segment, {@code {x...}} at the end all that follows.
 * Pure.
 *
 * @param text as it is configured
 * @param segments what stands between its slashes
 */
public record PathTemplate(String text, List<String> segments) {
    /** Most segments; what follows them is the last one's. */
    public static final int MAX_SEGMENTS = 7;

    private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9._~-]*");
    private static final Pattern VARIABLE =
            Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]{0,40})(\\.\\.\\.)?}");

    /** A place for a variable's value, wherever it stands. */
    private static final Pattern PLACE = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]{0,40})}");

    private static final Pattern TARGET =
            Pattern.compile("/(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*");

    public PathTemplate {
        segments = List.copyOf(segments);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none, in words
     */
    public static PathTemplate parse(String text) {
        if (!text.startsWith("/") || text.length() == 1) {
            throw new IllegalArgumentException("must begin with / and name something");
        }
        List<String> segments = List.of(text.substring(1).split("/", -1));
        if (segments.size() > MAX_SEGMENTS) {
            throw new IllegalArgumentException("has at most " + MAX_SEGMENTS + " segments");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < segments.size(); i++) {
            String segment = segments.get(i);
            Matcher variable = VARIABLE.matcher(segment);
            if (variable.matches()) {
                if (!names.add(variable.group(1))) {
                    throw new IllegalArgumentException("has `" + segment + "` twice");
                }
                if (variable.group(2) != null && i < segments.size() - 1) {
                    throw new IllegalArgumentException("has `" + segment + "` before its end");
                }
            } else if (!LITERAL.matcher(segment).matches()
                    || segment.equals(".")
                    || segment.equals("..")
                    || (segment.isEmpty() && i < segments.size() - 1)) {
                throw new IllegalArgumentException(
                        "may hold letters, digits and . _ ~ - between its slashes, or a whole"
                                + " `{variable}`");
            }
        }
        return new PathTemplate(text, segments);
    }

    /** Its variables' names, in their order. */
    public List<String> variables() {
        List<String> names = new ArrayList<>();
        for (String segment : segments) {
            Matcher variable = VARIABLE.matcher(segment);
            if (variable.matches()) {
                names.add(variable.group(1));
            }
        }
        return names;
    }

    /** What stands before its first variable. */
    public String prefix() {
        int variable = text.indexOf('{');
        return variable < 0 ? text : text.substring(0, variable);
    }

    /** As the table of all paths has it: what takes all that follows is {@code {+x}} there. */
    public String entry() {
        return text.endsWith("...}")
                ? text.substring(0, text.lastIndexOf('{'))
                        + "{+"
                        + text.substring(text.lastIndexOf('{') + 1, text.length() - 4)
                        + "}"
                : text;
    }

    /** Whether neither goes before the other, and there is a path that both could take. */
    public boolean collides(PathTemplate other) {
        if (prefix().length() != other.prefix().length() || !prefix().equals(other.prefix())) {
            return false;
        }
        if (variables().isEmpty() != other.variables().isEmpty()) {
            return false; // a whole path goes first
        }
        int shared = Math.min(segments.size(), other.segments.size());
        for (int i = 0; i < shared; i++) {
            String mine = segments.get(i);
            String its = other.segments.get(i);
            if (isRest(mine) || isRest(its)) {
                return true;
            }
            boolean literal = !isVariable(mine) && !isVariable(its);
            if ((literal && !mine.equals(its)) || mine.isEmpty() != its.isEmpty()) {
                return false;
            }
        }
        return segments.size() == other.segments.size();
    }

    private static boolean isVariable(String segment) {
        return segment.startsWith("{");
    }

    private static boolean isRest(String segment) {
        return segment.endsWith("...}");
    }

    /**
     * Looks whether a target can be filled with this path's variables.
     *
     * @throws IllegalArgumentException if it cannot, in words
     */
    public void check(String target) {
        String filled = target;
        for (String name : variables()) {
            filled = filled.replace("{" + name + "}", "x");
        }
        Matcher unknown = PLACE.matcher(filled);
        if (unknown.find()) {
            throw new IllegalArgumentException(
                    "`{" + unknown.group(1) + "}` is not a variable of the route's path");
        }
        if (!TARGET.matcher(filled).matches()) {
            throw new IllegalArgumentException(
                    "must begin with / and be percent-encoded, with `{variables}` of the route's"
                            + " path");
        }
    }

    /** A target with the values in the places of their names. */
    public static String fill(String target, Map<String, String> values) {
        return PLACE.matcher(target)
                .replaceAll(
                        place -> Matcher.quoteReplacement(values.getOrDefault(place.group(1), "")));
    }
}
