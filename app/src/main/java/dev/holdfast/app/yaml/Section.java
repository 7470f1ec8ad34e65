package dev.holdfast.app.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A section of the configuration while it is read. Each key is asked for once, with its default,
 * bounds and meaning; so the reader is the schema, and the reference is written from it.
 */
public final class Section {
    /** Items a list may have, or entries a map of sections; more is a mistake. */
    static final int MAX_ITEMS = 10_000;

    private final Reading reading;
    private final KeyPath path;
    private final Node.Mapping node;
    private final Set<String> known = new LinkedHashSet<>();
    private final Map<String, Section> inner = new HashMap<>();

    public Section(Reading reading, KeyPath path, Node.Mapping node) {
        this.reading = reading;
        this.path = path;
        this.node = node;
        reading.atEnd(this::reportUnknownKeys);
    }

    /** A key with one value or a list of values. */
    public Field field(String name, String meaning) {
        return new Field(reading, path.name(name), entry(name), node.origin(), meaning);
    }

    /** Whether the key is given at all, in the file or by the environment. */
    public boolean has(String name) {
        KeyPath key = path.name(name);
        return reading.documenting
                || node.entries().containsKey(name)
                || !reading.variables.namesWith(key.environmentName()).isEmpty();
    }

    /** Whether what the key has, in the file or by the environment, is a section. */
    public boolean hasSection(String name) {
        Node.Entry entry = node.entries().get(name);
        return reading.documenting
                || (entry != null && entry.value() instanceof Node.Mapping)
                || !reading.variables.namesWith(path.name(name).environmentName() + "_").isEmpty();
    }

    /** Whether the key has a value, or nothing. */
    public boolean hasValue(String name) {
        return reading.documenting || !hasSection(name);
    }

    /** A section inside this one, the same each time; empty if it is not given. */
    public Section section(String name) {
        return inner.computeIfAbsent(
                name, n -> new Section(reading, path.name(n), mapping(path.name(n), entry(n))));
    }

    /** A list of sections; the environment may add items at its end. */
    public List<Section> list(String name) {
        KeyPath at = path.name(name);
        Node.@Nullable Entry entry = entry(name);
        List<Node> items = List.of();
        if (entry != null && entry.value() instanceof Node.Sequence sequence) {
            items = sequence.items();
        } else if (entry != null && !isNull(entry.value())) {
            mistake(
                    name,
                    "expected a list (lines that begin with `- `), found " + entry.value().kind());
        }
        if (items.size() > MAX_ITEMS) {
            mistake(name, "has " + items.size() + " items; at most " + MAX_ITEMS);
            items = items.subList(0, MAX_ITEMS);
        }
        if (items.isEmpty() && node.entries().containsKey(name)) {
            reading.took(Reading.Value.emptyList(at));
        }
        List<Section> sections = new ArrayList<>();
        int size = reading.documenting ? 1 : items.size();
        for (int i = 0; i < size || givenByEnvironment(at.item(i)); i++) {
            Node.@Nullable Entry item =
                    i < items.size() ? new Node.Entry(items.get(i).origin(), items.get(i)) : null;
            sections.add(new Section(reading, at.item(i), mapping(at.item(i), item)));
        }
        return sections;
    }

    private boolean givenByEnvironment(KeyPath item) {
        return !reading.variables.namesWith(item.environmentName() + "_").isEmpty();
    }

    /**
     * Sections by a name the operator chose. The environment may add one: a variable that ends in
     * {@code marker}, such as {@code HOLDFAST_UPSTREAMS_MAIL_URL}.
     */
    public Map<String, Section> map(String name, String marker) {
        KeyPath at = path.name(name);
        Map<String, Section> sections = new LinkedHashMap<>();
        if (reading.documenting) {
            sections.put(
                    "NAME",
                    new Section(reading, at.chosen("NAME"), Node.Mapping.empty(node.origin())));
            return sections;
        }
        Node.Mapping mapping = mapping(at, entry(name));
        mapping.entries()
                .forEach(
                        (key, entry) ->
                                sections.put(
                                        key,
                                        new Section(
                                                reading,
                                                at.chosen(key),
                                                mapping(at.chosen(key), entry))));
        String prefix = at.environmentName() + "_";
        String suffix = "_" + marker.toUpperCase(Locale.ROOT);
        for (String variable : reading.variables.namesWith(prefix)) {
            if (!variable.endsWith(suffix)
                    || variable.length() <= prefix.length() + suffix.length()) {
                continue;
            }
            String chosen =
                    variable.substring(prefix.length(), variable.length() - suffix.length())
                            .toLowerCase(Locale.ROOT)
                            .replace('_', '-');
            KeyPath key = at.chosen(chosen);
            boolean given =
                    sections.keySet().stream()
                            .anyMatch(
                                    k -> variable.startsWith(at.chosen(k).environmentName() + "_"));
            if (!given) {
                sections.put(
                        chosen,
                        new Section(
                                reading, key, Node.Mapping.empty(Origin.environment(variable))));
            }
        }
        return sections;
    }

    /** Free names with a text each, such as headers; what sounds secret is masked. */
    public Map<String, String> texts(String name, String meaning) {
        return texts(name, meaning, field -> field);
    }

    /** As {@link #texts(String, String)}; each is masked whatever its name. */
    public Map<String, String> secrets(String name, String meaning) {
        return texts(name, meaning, Field::masked);
    }

    /**
     * As {@link #texts(String, String)}, for what is sent to others: each is masked but for those
     * of names that never are secrets, and those that a caller's parameters alone make.
     */
    public Map<String, String> sent(String name, String meaning) {
        return texts(name, meaning, field -> field.maskedUnless(Redaction::isHarmless));
    }

    private Map<String, String> texts(String name, String meaning, UnaryOperator<Field> kind) {
        KeyPath at = path.name(name);
        Map<String, String> texts = new LinkedHashMap<>();
        if (reading.documenting) {
            new Field(reading, at.chosen("NAME"), null, node.origin(), meaning).orElse("").text();
            return texts;
        }
        Map<String, Node.Entry> entries = mapping(at, entry(name)).entries();
        if (entries.isEmpty() && node.entries().containsKey(name)) {
            reading.took(Reading.Value.emptyMap(at));
        }
        entries.forEach(
                (key, entry) -> {
                    var field = new Field(reading, at.chosen(key), entry, node.origin(), meaning);
                    boolean open = Redaction.isOpenName(key);
                    texts.put(key, (open ? field : kind.apply(field)).orElse("").text());
                });
        return texts;
    }

    /** The value as it stands, for keys that take any YAML; null if not given. */
    public @Nullable Node any(String name, String type, String meaning) {
        Node.@Nullable Entry entry = entry(name);
        Node value = entry == null || isNull(entry.value()) ? null : entry.value();
        List<String> shown = value == null ? List.of() : List.of(Redaction.masked(value));
        Node expanded = value == null ? null : expanded(path.name(name), value);
        Written written =
                expanded == null ? Written.NOTHING : new Written(List.of(NodeJson.of(expanded)));
        reading.took(new Reading.Value(path.name(name), type, "", meaning, shown, written, false));
        return expanded;
    }

    /** The same with its variables' values in the place of their names. */
    private Node expanded(KeyPath at, Node node) {
        return switch (node) {
            case Node.Scalar scalar -> {
                Consumer<String> missing = name -> reading.missing(scalar.origin(), at, name);
                String text = reading.variables.expand(scalar.text(), missing).text();
                yield new Node.Scalar(scalar.origin(), text, scalar.quoted());
            }
            case Node.Sequence list ->
                    new Node.Sequence(
                            list.origin(),
                            list.items().stream().map(item -> expanded(at, item)).toList());
            case Node.Mapping mapping -> {
                Map<String, Node.Entry> entries = new LinkedHashMap<>();
                mapping.entries()
                        .forEach(
                                (key, entry) ->
                                        entries.put(
                                                key,
                                                new Node.Entry(
                                                        entry.origin(),
                                                        expanded(at, entry.value()))));
                yield new Node.Mapping(mapping.origin(), entries);
            }
        };
    }

    /** A variable of the environment that belongs to no key, or null if it is not set. */
    public @Nullable String environment(String variable) {
        return reading.variables.environment(variable);
    }

    /** Names of the keys that stand in the file. */
    Set<String> keys() {
        return node.entries().keySet();
    }

    /** Reports a mistake at a key of this section, or at the section where the key is not given. */
    public void mistake(String name, String message) {
        reading.mistake(origin(name), path.name(name), message);
    }

    /** Where a key of this section is given, or the section where the key is not given. */
    public Origin origin(String name) {
        Node.Entry entry = node.entries().get(name);
        String variable = path.name(name).environmentName();
        return reading.variables.environment(variable) != null
                ? Origin.environment(variable)
                : entry != null ? entry.origin() : node.origin();
    }

    private void reportUnknownKeys() {
        node.entries()
                .forEach(
                        (key, entry) -> {
                            if (!known.contains(key)) {
                                Optional<String> guess = DidYouMean.among(known, key);
                                reading.mistake(
                                        entry.origin(),
                                        path.name(key),
                                        "unknown key"
                                                + guess.map(g -> "; did you mean `" + g + "`?")
                                                        .orElse(
                                                                "; known here: "
                                                                        + String.join(
                                                                                ", ", known)));
                            }
                        });
    }

    private Node.@Nullable Entry entry(String name) {
        known.add(name);
        return node.entries().get(name);
    }

    private Node.Mapping mapping(KeyPath at, Node.@Nullable Entry entry) {
        if (entry == null) {
            return Node.Mapping.empty(node.origin());
        }
        if (entry.value() instanceof Node.Mapping mapping) {
            return new Node.Mapping(entry.origin(), mapping.entries());
        }
        if (!isNull(entry.value())) {
            reading.mistake(
                    entry.origin(),
                    at,
                    "expected a section with keys, found " + entry.value().kind());
        }
        return Node.Mapping.empty(entry.origin());
    }

    private static boolean isNull(Node node) {
        return node instanceof Node.Scalar scalar && scalar.isNull();
    }
}
