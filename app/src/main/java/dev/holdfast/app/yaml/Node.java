package dev.holdfast.app.yaml;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A piece of YAML that remembers where it stood. */
public sealed interface Node {
    Origin origin();

    /** What it is, for messages. */
    String kind();

    /**
     * A single value, unparsed.
     *
     * @param quoted whether it stood in quotes, so that an empty one is meant
     */
    record Scalar(Origin origin, String text, boolean quoted) implements Node {
        @Override
        public String kind() {
            return "a single value";
        }

        boolean isNull() {
            return !quoted && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }
    }

    /** Keys and values, in the order of the file. */
    record Mapping(Origin origin, Map<String, Entry> entries) implements Node {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        public static Mapping empty(Origin origin) {
            return new Mapping(origin, Map.of());
        }

        @Override
        public String kind() {
            return "a section with keys";
        }
    }

    /** One key of a mapping: where the key stood, and its value. */
    record Entry(Origin origin, Node value) {}

    /** A list. */
    record Sequence(Origin origin, List<Node> items) implements Node {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }
}
