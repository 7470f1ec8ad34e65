package dev.holdfast.app.yaml;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A key's place in the configuration, and its other spellings. */
public record KeyPath(List<Segment> segments) {
    public static final KeyPath ROOT = new KeyPath(List.of());

    /** What every environment variable that overrides a key begins with. */
    static final String ENVIRONMENT_PREFIX = "HOLDFAST_";

    /** One step from a section into it. */
    sealed interface Segment {
        /** A key that Holdfast defines. */
        record Name(String name) implements Segment {}

        /** A key that the operator chose, such as an upstream's name. */
        record Chosen(String name) implements Segment {}

        /** An item of a list, from 0. */
        record Item(int index) implements Segment {}
    }

    public KeyPath {
        segments = List.copyOf(segments);
    }

    KeyPath then(Segment next) {
        List<Segment> longer = new ArrayList<>(segments);
        longer.add(next);
        return new KeyPath(longer);
    }

    KeyPath name(String name) {
        return then(new Segment.Name(name));
    }

    KeyPath chosen(String name) {
        return then(new Segment.Chosen(name));
    }

    KeyPath item(int index) {
        return then(new Segment.Item(index));
    }

    /** The first key, or nothing for the root. */
    public String top() {
        return segments.isEmpty() ? "" : word(segments.getFirst());
    }

    /** The variable that overrides it: {@code HOLDFAST_CLIENTS_0_MAX_PENDING}. */
    public String environmentName() {
        var out = new StringBuilder();
        for (Segment segment : segments) {
            out.append(out.isEmpty() ? ENVIRONMENT_PREFIX : "_").append(environmentWord(segment));
        }
        return out.toString();
    }

    private static String environmentWord(Segment segment) {
        var out = new StringBuilder(word(segment).toUpperCase(Locale.ROOT));
        for (int i = 0; i < out.length(); i++) {
            char c = out.charAt(i);
            if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) {
                out.setCharAt(i, '_');
            }
        }
        return out.toString();
    }

    /** How the reference names it, with {@code []} for any item and {@code NAME} for any name. */
    public String pattern() {
        var out = new StringBuilder();
        for (Segment segment : segments) {
            switch (segment) {
                case Segment.Name n -> out.append(out.isEmpty() ? "" : ".").append(n.name());
                case Segment.Chosen c -> out.append(out.isEmpty() ? "" : ".").append("NAME");
                case Segment.Item i -> out.append("[]");
            }
        }
        return out.toString();
    }

    private static String word(Segment segment) {
        return switch (segment) {
            case Segment.Name n -> n.name();
            case Segment.Chosen c -> c.name();
            case Segment.Item i -> Integer.toString(i.index());
        };
    }

    /** As messages name it: {@code clients[0].max-pending}. */
    @Override
    public String toString() {
        var out = new StringBuilder();
        for (Segment segment : segments) {
            if (segment instanceof Segment.Item i) {
                out.append('[').append(i.index()).append(']');
            } else {
                out.append(out.isEmpty() ? "" : ".").append(word(segment));
            }
        }
        return out.toString();
    }
}
