package dev.holdfast.gateway.server;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the endpoint of a path: whole paths in one look, then those with variables, that with the
 * longest beginning first.
 */
public final class RouteTable {
    /** Segments of a path that are looked at, the rest as one; no endpoint has more. */
    private static final int MAX_SEGMENTS = 8;

    /** What a last variable begins with that stands for all that is below (RFC 6570, 3.2.3). */
    private static final String REST = "{+";

    private final Map<String, Match> whole = new HashMap<>();
    private final List<Template> templates = new ArrayList<>();

    private final List<Endpoint> endpoints;

    /** What was found. */
    record Match(Endpoint endpoint, List<String> variables) {}

    private record Template(List<String> segments, Endpoint endpoint) {
        /** Characters before its first variable: the more, the sooner it is looked at. */
        int literal() {
            return endpoint.template().indexOf('{');
        }
    }

    public RouteTable(List<Endpoint> endpoints) {
        this.endpoints = List.copyOf(endpoints);
        for (Endpoint endpoint : endpoints) {
            if (endpoint.template().contains("{")) {
                templates.add(new Template(List.of(endpoint.template().split("/", -1)), endpoint));
            } else if (whole.put(endpoint.template(), new Match(endpoint, List.of())) != null) {
                throw new IllegalArgumentException(endpoint.template() + " is taken");
            }
        }
        templates.sort(Comparator.comparingInt(Template::literal).reversed());
    }

    public List<Endpoint> endpoints() {
        return endpoints;
    }

    @Nullable Match find(String path) {
        Match match = whole.get(path);
        return match != null ? match : findTemplate(path);
    }

    private @Nullable Match findTemplate(String path) {
        List<String> segments = List.of(path.split("/", MAX_SEGMENTS + 1));
        for (Template template : templates) {
            List<String> variables = variables(template.segments(), segments);
            if (variables != null) {
                return new Match(template.endpoint(), variables);
            }
        }
        return null;
    }

    private static @Nullable List<String> variables(List<String> template, List<String> path) {
        int last = template.size() - 1;
        boolean below = template.getLast().startsWith(REST);
        if (below ? path.size() <= last : path.size() != template.size()) {
            return null;
        }
        List<String> variables = new ArrayList<>(1);
        for (int i = 0; i <= last; i++) {
            if (below && i == last) {
                variables.add(String.join("/", path.subList(i, path.size())));
            } else if (template.get(i).startsWith("{")) {
                if (path.get(i).isEmpty()) {
                    return null;
                }
                variables.add(path.get(i));
            } else if (!template.get(i).equals(path.get(i))) {
                return null;
            }
        }
        return variables;
    }
}
