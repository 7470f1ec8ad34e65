package dev.holdfast.rates.source;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One GET to a rates API.
 *
 * @param path below the API's URL, starting with a slash
 * @param query parameters, not encoded yet
 * @param headers names in lower case; the key is here wherever the API allows it, since queries end
 *     up in logs
 */
public record SourceCall(
        String path, SortedMap<String, String> query, Map<String, String> headers) {
    public SourceCall {
        query = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(query));
        headers = Map.copyOf(headers);
    }

    static SourceCall of(String path, Map<String, String> query, Map<String, String> headers) {
        return new SourceCall(path, new TreeMap<>(query), headers);
    }

    /** Path and encoded query, as they go into the request line. */
    public String target() {
        if (query.isEmpty()) {
            return path;
        }
        return query.entrySet().stream()
                .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
                .collect(Collectors.joining("&", path + "?", ""));
    }

    /** Without query and headers, so that it shows no key. */
    @Override
    public String toString() {
        return "GET " + path;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
