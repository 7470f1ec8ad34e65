package dev.holdfast.quota;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Headers that say who calls for one partition, instead of what its upstream's configuration says
 * of the same name. Their values are secrets, which are sent and kept, and never shown.
 */
public final class OwnHeaders {
    /** None. */
    public static final OwnHeaders NONE = new OwnHeaders(Collections.emptySortedMap());

    /** Most of one partition. */
    public static final int MAX_HEADERS = 10;

    /** Longest value, in characters, which are ASCII. */
    public static final int MAX_VALUE_CHARS = 4_096;

    private final SortedMap<String, String> values;

    /**
     * @param values by their names in lower case; without line breaks
     */
    public OwnHeaders(SortedMap<String, String> values) {
        this.values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    /** Their names, in lower case and in order. */
    public Set<String> names() {
        return values.keySet();
    }

    /** As they are sent. Secret. */
    public SortedMap<String, String> values() {
        return values;
    }

    /** As they are kept, a line each; null if there are none. Secret. */
    public @Nullable String write() {
        if (values.isEmpty()) {
            return null;
        }
        StringJoiner lines = new StringJoiner("\n");
        values.forEach((name, value) -> lines.add(name + ' ' + value));
        return lines.toString();
    }

    /** Reads what was kept. */
    public static OwnHeaders read(@Nullable String kept) {
        if (kept == null) {
            return NONE;
        }
        SortedMap<String, String> values = new TreeMap<>();
        for (String line : kept.split("\n", -1)) {
            int end = line.indexOf(' ');
            values.put(line.substring(0, end), line.substring(end + 1));
        }
        return new OwnHeaders(values);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof OwnHeaders headers && headers.values.equals(values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** Their names alone. */
    @Override
    public String toString() {
        return names().toString();
    }
}
