package dev.holdfast.outbound.body;

import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.SafePath;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A request that is passed on as it came. Whatever wrote it to the store, it is looked at once more
 * here: nothing leaves the upstream's URL (P7).
 */
public final class PassedCall {
    /** What a request is passed on with. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    /** Of these a call has no effect that could happen twice (RFC 9110, section 9.2.1). */
    private static final Set<String> SAFE = Set.of("GET", "HEAD");

    private PassedCall() {}

    /** Whether a call may be made again, whatever the last one's end was. */
    public static boolean isSafe(Map<String, String> params) {
        return SAFE.contains(params.getOrDefault("method", ""));
    }

    /**
     * Writes method, path, query and headers into {@code options}; its own headers stay.
     *
     * @param basePath the path of the upstream's URL
     * @param params {@code method}, {@code path} with its slash, and {@code query} and {@code
     *     headers} where there are any
     * @return false if they are not what may be sent
     */
    public static boolean fill(
            RequestOptions options, String basePath, Map<String, String> params) {
        String method = params.getOrDefault("method", "");
        String path = params.getOrDefault("path", "");
        String query = params.get("query");
        String base =
                basePath.endsWith("/") ? basePath.substring(0, basePath.length() - 1) : basePath;
        if (!METHODS.contains(method)
                || !path.startsWith("/")
                || SafePath.wrong(path.substring(1)) != null
                || (query != null && SafePath.wrongQuery(query) != null)) {
            return false;
        }
        options.setMethod(HttpMethod.valueOf(method))
                .setURI(base + path + (query == null ? "" : "?" + query));
        MultiMap headers = headers(options);
        Set<String> ours = new TreeSet<>();
        headers.names().forEach(name -> ours.add(name.toLowerCase(Locale.ROOT)));
        for (HeaderLine line : HeaderLine.read(params.getOrDefault("headers", ""))) {
            if (!ours.contains(line.name())) {
                headers.add(line.name(), line.value());
            }
        }
        return true;
    }

    private static MultiMap headers(RequestOptions options) {
        if (options.getHeaders() == null) {
            options.setHeaders(MultiMap.caseInsensitiveMultiMap());
        }
        return options.getHeaders();
    }
}
