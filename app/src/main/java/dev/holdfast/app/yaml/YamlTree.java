package dev.holdfast.app.yaml;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Turns YAML text into {@link Node}s. Only the parser's node graph is used, never its construction
 * of Java objects: values stay text until a section reads them, and every node keeps its line.
 */
public final class YamlTree {
    /** Largest configuration that is read, in characters. */
    public static final int MAX_CHARS = 1 << 20;

    private static final int MAX_DEPTH = 30;

    private final String source;
    private final Consumer<Mistake> mistakes;

    private YamlTree(String source, Consumer<Mistake> mistakes) {
        this.source = source;
        this.mistakes = mistakes;
    }

    /**
     * The document's top mapping, without keys for an empty document; none if the text is no YAML
     * or something else than sections: then nobody knows what it was to say, and a mistake says so.
     */
    public static Optional<Node.Mapping> parse(
            String source, String text, Consumer<Mistake> mistakes) {
        List<Mistake> unreadable = new ArrayList<>();
        Optional<Node> node = parseAny(source, text, unreadable::add);
        unreadable.forEach(mistakes);
        if (node.isEmpty() && !unreadable.isEmpty()) {
            return Optional.empty();
        }
        if (node.isEmpty() || (node.get() instanceof Node.Scalar s && s.isNull())) {
            return Optional.of(Node.Mapping.empty(new Origin(source, 1)));
        }
        if (node.get() instanceof Node.Mapping mapping) {
            return Optional.of(mapping);
        }
        mistakes.accept(
                new Mistake(
                        node.get().origin(),
                        "",
                        "expected sections such as `server:`, found " + node.get().kind()));
        return Optional.empty();
    }

    /** Any YAML value, such as that of an environment variable; empty if it cannot be parsed. */
    static Optional<Node> parseAny(String source, String text, Consumer<Mistake> mistakes) {
        try {
            var options = new LoaderOptions();
            options.setCodePointLimit(MAX_CHARS);
            options.setNestingDepthLimit(MAX_DEPTH);
            options.setAllowDuplicateKeys(true); // reported below, with both lines
            var parser = new ParserImpl(new StreamReader(new StringReader(text)), options);
            var composer = new Composer(parser, new Resolver(), options);
            org.yaml.snakeyaml.nodes.@Nullable Node root = composer.getSingleNode();
            return root == null
                    ? Optional.empty()
                    : Optional.of(new YamlTree(source, mistakes).convert(root, 0));
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            int line = mark == null ? 1 : mark.getLine() + 1;
            mistakes.accept(
                    new Mistake(
                            new Origin(source, line),
                            "",
                            "not valid YAML: " + oneLine(e.getProblem())));
        } catch (YAMLException e) {
            mistakes.accept(
                    new Mistake(
                            new Origin(source, 1),
                            "",
                            "not valid YAML: " + oneLine(e.getMessage())));
        }
        return Optional.empty();
    }

    private static String oneLine(@Nullable String text) {
        return text == null ? "unreadable" : text.lines().findFirst().orElse("unreadable");
    }

    private Node convert(org.yaml.snakeyaml.nodes.Node node, int depth) {
        Origin origin = origin(node);
        if (depth > MAX_DEPTH) { // an alias may point at its own parent
            mistakes.accept(new Mistake(origin, "", "nested more than " + MAX_DEPTH + " deep"));
            return new Node.Scalar(origin, "", false);
        }
        return switch (node) {
            case ScalarNode scalar ->
                    new Node.Scalar(
                            origin,
                            scalar.getValue(),
                            scalar.getScalarStyle() != ScalarStyle.PLAIN);
            case SequenceNode sequence -> {
                List<Node> items = new ArrayList<>();
                for (var item : sequence.getValue()) {
                    items.add(convert(item, depth + 1));
                }
                yield new Node.Sequence(origin, items);
            }
            case MappingNode mapping -> mapping(origin, mapping, depth);
            default -> new Node.Scalar(origin, "", false);
        };
    }

    private Node.Mapping mapping(Origin origin, MappingNode mapping, int depth) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Origin at = origin(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                mistakes.accept(new Mistake(at, "", "a key must be a single word"));
                continue;
            }
            var entry = new Node.Entry(at, convert(tuple.getValueNode(), depth + 1));
            Node.Entry earlier = entries.putIfAbsent(key.getValue(), entry);
            if (earlier != null) {
                mistakes.accept(
                        new Mistake(
                                at,
                                key.getValue(),
                                "given twice, first in line "
                                        + earlier.origin().line()
                                        + "; keep one"));
            }
        }
        return new Node.Mapping(origin, entries);
    }

    private Origin origin(org.yaml.snakeyaml.nodes.Node node) {
        Mark mark = node.getStartMark();
        return new Origin(source, mark == null ? 1 : mark.getLine() + 1);
    }
}
