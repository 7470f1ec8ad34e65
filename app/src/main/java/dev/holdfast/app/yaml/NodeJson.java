package dev.holdfast.app.yaml;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Writes a piece of YAML as JSON text, so that a call's body can be configured as structure. */
public final class NodeJson {
    private static final Pattern PLAIN =
            Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private NodeJson() {}

    public static String of(Node node) {
        return switch (node) {
            case Node.Scalar s when s.isNull() -> "null";
            case Node.Scalar s when !s.quoted() && isPlain(s.text()) -> s.text();
            case Node.Scalar s -> quoted(s.text());
            case Node.Sequence s ->
                    s.items().stream().map(NodeJson::of).collect(Collectors.joining(",", "[", "]"));
            case Node.Mapping m when placeholder(m) ->
                    "{" + m.entries().keySet().iterator().next() + "}";
            case Node.Mapping m ->
                    m.entries().entrySet().stream()
                            .map(e -> quoted(e.getKey()) + ":" + of(e.getValue().value()))
                            .collect(Collectors.joining(",", "{", "}"));
        };
    }

    /** Whether it is a number, true, false or null when it stands without quotes. */
    static boolean isPlain(String text) {
        return PLAIN.matcher(text).matches();
    }

    /** YAML reads an unquoted {@code {count}} as a mapping of one key without a value. */
    private static boolean placeholder(Node.Mapping m) {
        return m.entries().size() == 1
                && m.entries().values().iterator().next().value() instanceof Node.Scalar s
                && s.isNull()
                && s.text().isEmpty();
    }

    public static String quoted(String text) {
        var out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
