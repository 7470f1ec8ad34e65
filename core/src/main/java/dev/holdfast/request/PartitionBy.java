package dev.holdfast.request;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says whose an ask is, where an upstream has partitions: a text with {@code {client}}, {@code
 * {header:NAME}} and names of parameters or of variables of the path in it. Pure.
 */
public final class PartitionBy {
    /** The longest key, in bytes of UTF-8. */
    public static final int MAX_KEY_BYTES = 256;

    private static final String CLIENT = "client";
    private static final String HEADER = "header:";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)}");
    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,63}");

    private final String text;
    private final List<String> names;

    private PartitionBy(String text, List<String> names) {
        this.text = text;
        this.names = List.copyOf(names);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it says nothing, or not what is meant
     */
    public static PartitionBy parse(String text) {
        List<String> names = new ArrayList<>();
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            names.add(checked(matcher.group(1)));
        }
        String rest = PLACEHOLDER.matcher(text).replaceAll("");
        if (rest.indexOf('{') >= 0 || rest.indexOf('}') >= 0) {
            throw new IllegalArgumentException("has a `{` without its `}`");
        }
        if (names.isEmpty()) {
            throw new IllegalArgumentException(
                    "names nothing that tells one from another; write {client}, {header:x-tenant},"
                            + " or a parameter or variable of the path in braces");
        }
        return new PartitionBy(text, names);
    }

    private static String checked(String name) {
        if (name.startsWith(HEADER)) {
            String field = name.substring(HEADER.length());
            if (!FIELD.matcher(field).matches()) {
                throw new IllegalArgumentException("`" + field + "` cannot be a header's name");
            }
            return HEADER + field.toLowerCase(Locale.ROOT);
        }
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("`{" + name + "}` is no name");
        }
        return name;
    }

    /** Parameters or variables of the path that it names. */
    public List<String> params() {
        return names.stream()
                .filter(name -> !name.equals(CLIENT) && !name.startsWith(HEADER))
                .distinct()
                .toList();
    }

    /** What the values are taken from. */
    public interface Asked {
        /** The client's name. */
        String client();

        /** The only value of a header, or null if there is none. */
        @Nullable String header(String name);

        /** A parameter's value, or null if it has none. */
        @Nullable String param(String name);
    }

    /** Whose an ask is, or what keeps it from being anybody's. */
    public sealed interface Reading {
        record Key(String key) implements Reading {}

        /**
         * @param field a parameter's or header's name
         * @param words what is wrong with it
         */
        record Wrong(String field, String words) implements Reading {}
    }

    /** Reads whose an ask is. */
    public Reading read(Asked asked) {
        Function<String, @Nullable String> value =
                name ->
                        name.equals(CLIENT)
                                ? asked.client()
                                : name.startsWith(HEADER)
                                        ? asked.header(name.substring(HEADER.length()))
                                        : asked.param(name);
        StringBuilder key = new StringBuilder();
        int from = 0;
        int index = 0;
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            String name = names.get(index++);
            String said = value.apply(name);
            if (said == null || said.isEmpty()) {
                return new Reading.Wrong(
                        field(name), "is missing; by it the upstream tells whose a request is");
            }
            key.append(text, from, matcher.start()).append(said);
            from = matcher.end();
        }
        key.append(text, from, text.length());
        String all = key.toString();
        return wrong(all) == null
                ? new Reading.Key(all)
                : new Reading.Wrong(field(names.getFirst()), String.valueOf(wrong(all)));
    }

    private static String field(String name) {
        return name.startsWith(HEADER) ? name.substring(HEADER.length()) : name;
    }

    /** What is wrong with a partition's key, or null. */
    public static @Nullable String wrong(String key) {
        if (key.isEmpty()) {
            return "is empty";
        }
        if (key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES) {
            return "has at most "
                    + MAX_KEY_BYTES
                    + " bytes in UTF-8: by it the upstream tells whose a request is";
        }
        return key.chars().anyMatch(Character::isISOControl)
                ? "holds no control characters: by it the upstream tells whose a request is"
                : null;
    }

    @Override
    public String toString() {
        return text;
    }
}
