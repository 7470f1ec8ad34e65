package dev.holdfast.app.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Writes what is in force as YAML that could be read again, but for the masks. */
public final class YamlWriter {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./][A-Za-z0-9_./+@-]*");
    private static final Pattern PLAIN_URL =
            Pattern.compile("[a-z]+:(//)?[A-Za-z0-9_./+@:?=%-]*[A-Za-z0-9_/]");

    private final StringBuilder out = new StringBuilder();

    /** A mapping while it is put together; its keys are names, or numbers for a list's items. */
    private record Branch(Map<String, Object> children, boolean list) {}

    public String write(List<Reading.Value> values) {
        var root = new Branch(new LinkedHashMap<>(), false);
        for (Reading.Value value : values) {
            if (value.several() || !value.shown().isEmpty()) {
                put(root, value);
            }
        }
        root.children().forEach((name, child) -> entry(name, child, 0));
        return out.toString();
    }

    private static void put(Branch root, Reading.Value value) {
        Branch at = root;
        List<KeyPath.Segment> path = value.path().segments();
        for (int i = 0; i < path.size() - 1; i++) {
            boolean list = path.get(i + 1) instanceof KeyPath.Segment.Item;
            Object child =
                    at.children()
                            .computeIfAbsent(
                                    word(path.get(i)),
                                    k -> new Branch(new LinkedHashMap<>(), list));
            at = (Branch) child;
        }
        String shown =
                value.isEmptyMap()
                        ? "{}"
                        : value.several()
                                ? value.shown().stream()
                                        .map(YamlWriter::scalar)
                                        .collect(Collectors.joining(", ", "[", "]"))
                                : scalar(value.shown().getFirst());
        at.children().putIfAbsent(word(path.getLast()), shown);
    }

    private static String word(KeyPath.Segment segment) {
        return switch (segment) {
            case KeyPath.Segment.Name n -> n.name();
            case KeyPath.Segment.Chosen c -> c.name();
            case KeyPath.Segment.Item i -> Integer.toString(i.index());
        };
    }

    private void entry(String name, Object child, int depth) {
        out.append("  ".repeat(depth)).append(scalar(name)).append(':');
        value(child, depth);
    }

    private void value(Object child, int depth) {
        if (!(child instanceof Branch branch)) {
            out.append(' ').append(child).append('\n');
            return;
        }
        out.append('\n');
        if (!branch.list()) {
            branch.children().forEach((name, value) -> entry(name, value, depth + 1));
            return;
        }
        for (Object item : branch.children().values()) {
            item((Branch) item, depth + 1);
        }
    }

    private void item(Branch item, int depth) {
        int start = out.length();
        item.children().forEach((name, value) -> entry(name, value, depth + 1));
        int dash = start + 2 * depth;
        if (out.length() > dash + 1) {
            out.replace(dash, dash + 2, "- ");
        }
    }

    static String scalar(String text) {
        boolean plain =
                (PLAIN.matcher(text).matches() || PLAIN_URL.matcher(text).matches())
                        && !List.of("null", "yes", "no", "on", "off").contains(text);
        return plain ? text : NodeJson.quoted(text);
    }

    /** For the reference: the keys in order, one of each pattern. */
    public static List<Reading.Value> onePerPattern(List<Reading.Value> values) {
        Map<String, Reading.Value> first = new LinkedHashMap<>();
        values.forEach(value -> first.putIfAbsent(value.path().pattern(), value));
        return new ArrayList<>(first.values());
    }
}
