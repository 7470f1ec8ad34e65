package dev.holdfast.app.yaml;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a file and the built-in configuration go together. Routes in the file replace the built-in
 * routes; upstreams in the file replace the built-in ones, but one of the same name starts from the
 * built-in's keys, so that changing its URL does not lose its quota. A built-in upstream stays
 * while a route needs it.
 */
public final class BuiltIn {
    /** The file that is read if none is named. */
    public static final String DEFAULT_FILE = "holdfast.yaml";

    /** What mistakes say that a built-in value stands in. */
    public static final String SOURCE = "built-in configuration";

    private static final String UPSTREAMS = "upstreams";
    private static final String ROUTES = "routes";

    private BuiltIn() {}

    public static Node.Mapping under(
            Node.Mapping given, Node.Mapping builtIn, Consumer<Mistake> mistakes) {
        Map<String, Node.Entry> merged = new LinkedHashMap<>(given.entries());
        builtIn.entries()
                .forEach(
                        (key, entry) -> {
                            if (!key.equals(UPSTREAMS) && !key.equals(ROUTES)) {
                                merged.merge(key, entry, (mine, theirs) -> over(mine, theirs));
                            }
                        });
        Node.Entry routes = merged.get(ROUTES);
        Node.Entry upstreams = merged.get(UPSTREAMS);
        Map<String, Node.Entry> known = mapping(builtIn.entries().get(UPSTREAMS));
        if (routes == null) {
            Set<String> missing = new TreeSet<>(known.keySet());
            missing.removeAll(upstreams == null ? known.keySet() : mapping(upstreams).keySet());
            if (missing.isEmpty()) {
                merged.put(ROUTES, builtIn.entries().get(ROUTES));
            } else if (upstreams != null && !mapping(upstreams).isEmpty()) {
                mistakes.accept(
                        new Mistake(
                                upstreams.origin(),
                                UPSTREAMS,
                                "is given without `routes`, so nothing would use it: add `routes`"
                                        + " (the built-in ones need the upstream "
                                        + missing.stream()
                                                .map(n -> "`" + n + "`")
                                                .collect(Collectors.joining(", "))
                                        + ")"));
            }
        }
        Node.Entry inForce = merged.get(ROUTES);
        Set<String> used = inForce == null ? Set.of() : used(inForce);
        Node.Entry all = upstreams(upstreams, builtIn, known, used);
        if (all != null) {
            merged.put(UPSTREAMS, all);
        }
        return new Node.Mapping(given.origin(), merged);
    }

    private static Node.@Nullable Entry upstreams(
            Node.@Nullable Entry given,
            Node.Mapping builtIn,
            Map<String, Node.Entry> known,
            Set<String> used) {
        if (given != null && !(given.value() instanceof Node.Mapping)) {
            return given;
        }
        Map<String, Node.Entry> all = new LinkedHashMap<>();
        if (given != null) {
            mapping(given)
                    .forEach(
                            (name, entry) -> {
                                Node.Entry under = known.get(name);
                                all.put(name, under == null ? entry : over(entry, under));
                            });
        } else {
            known.forEach(
                    (name, entry) -> {
                        if (used.contains(name)) {
                            all.put(name, entry);
                        }
                    });
        }
        Origin origin = given == null ? builtIn.origin() : given.origin();
        return new Node.Entry(origin, new Node.Mapping(origin, all));
    }

    /** The keys of {@code mine}, and those of {@code theirs} that it does not have. */
    private static Node.Entry over(Node.Entry mine, Node.Entry theirs) {
        if (!(mine.value() instanceof Node.Mapping own)
                || !(theirs.value() instanceof Node.Mapping under)) {
            return mine;
        }
        Map<String, Node.Entry> keys = new LinkedHashMap<>(own.entries());
        under.entries().forEach(keys::putIfAbsent);
        return new Node.Entry(mine.origin(), new Node.Mapping(own.origin(), keys));
    }

    private static Map<String, Node.Entry> mapping(Node.@Nullable Entry entry) {
        return entry != null && entry.value() instanceof Node.Mapping m ? m.entries() : Map.of();
    }

    private static Set<String> used(Node.Entry routes) {
        List<Node> items =
                routes.value() instanceof Node.Sequence sequence ? sequence.items() : List.of();
        Set<String> names = new TreeSet<>();
        for (Node item : items) {
            Node.Entry upstream =
                    item instanceof Node.Mapping m ? m.entries().get("upstream") : null;
            if (upstream != null && upstream.value() instanceof Node.Scalar name) {
                names.add(name.text());
            }
        }
        return names;
    }
}
