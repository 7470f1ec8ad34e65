package dev.holdfast.gateway.pass;

import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Mistakes;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.SafePath;
import dev.holdfast.wire.PathTemplate;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads what is passed on: everything that tells one request from another, as parameters. What
 * could leave the upstream's URL is a mistake (P7).
 */
public final class PassReader {
    private final PassRoute route;

    public PassReader(PassRoute route) {
        this.route = route;
    }

    /** Whether a call with this method may be made again when it is not known if it took effect. */
    public boolean repeats(String method) {
        return route.repeats(method);
    }

    /** Largest body, in bytes. */
    public long maxBodyBytes() {
        return route.maxBodyBytes();
    }

    /**
     * The parameters, all but the body's.
     *
     * @param values the path's variables, as they came
     */
    public SortedMap<String, String> read(
            Exchange exchange, List<String> values, Mistakes mistakes) {
        SortedMap<String, String> params = new TreeMap<>();
        params.put("method", exchange.request().method().name());
        params.put("path", path(values, mistakes));
        String query = exchange.request().query();
        if (query != null && route.query()) {
            String wrong = SafePath.wrongQuery(query);
            if (wrong != null) {
                mistakes.add("query", wrong);
            }
            params.put("query", query);
        } else if (query != null && !query.isEmpty()) {
            mistakes.add("query", "this route takes none");
        }
        List<HeaderLine> headers =
                route.headers().of(exchange.request().headers()).stream()
                        // In which order different ones come says nothing (RFC 9110, 5.3).
                        .sorted(Comparator.comparing(HeaderLine::name))
                        .toList();
        if (!headers.isEmpty()) {
            params.put("headers", HeaderLine.write(headers));
        }
        return params;
    }

    /**
     * The path's variables by their names.
     *
     * @param values as they came
     */
    public Map<String, String> named(List<String> values) {
        List<String> names = route.path().variables();
        Map<String, String> named = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            named.put(names.get(i), values.get(i));
        }
        return named;
    }

    private String path(List<String> values, Mistakes mistakes) {
        List<String> names = route.path().variables();
        Map<String, String> filled = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            String value = values.get(i);
            String wrong = SafePath.wrong(value);
            if (wrong != null) {
                mistakes.add("path", wrong);
                return "/";
            }
            filled.put(names.get(i), value);
        }
        String path = PathTemplate.fill(route.target(), filled);
        String wrong = SafePath.wrong(path.substring(1));
        if (wrong != null) {
            mistakes.add("path", wrong);
        }
        return path;
    }
}
