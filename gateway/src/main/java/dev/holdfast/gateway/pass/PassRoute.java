package dev.holdfast.gateway.pass;

import dev.holdfast.request.Body;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.wire.PathTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a route passes on: {@code pass} in the configuration.
 *
 * @param path where it is asked
 * @param target below the upstream's URL, with the path's variables
 * @param query whether the query goes along
 * @param headers which of the caller's headers go along, besides those that say what its bytes are
 * @param maxBodyBytes largest body, in bytes, at most {@link Body#MAX_BYTES}
 * @param repeatable whether a call may be made again when it is not known if it took effect; null
 *     if its method says so
 */
public record PassRoute(
        PathTemplate path,
        String target,
        boolean query,
        HeaderChoice headers,
        long maxBodyBytes,
        @Nullable Boolean repeatable) {
    /** What a request is passed on with. */
    public static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    private static final Set<String> SAFE = Set.of("GET", "HEAD");

    /** Without these a body is only bytes. */
    private static final List<String> OF_BODY = List.of("content-type", "content-encoding");

    public PassRoute {
        path.check(target);
        if (maxBodyBytes < 0 || maxBodyBytes > Body.MAX_BYTES) {
            throw new IllegalArgumentException("a body has at most " + Body.MAX_BYTES + " bytes");
        }
    }

    /** A choice of headers, with those that say what a body's bytes are. */
    public static HeaderChoice choice(List<String> headers) {
        List<String> all = new ArrayList<>(headers);
        all.addAll(OF_BODY);
        return HeaderChoice.ofCallers(all);
    }

    boolean repeats(String method) {
        return repeatable == null ? SAFE.contains(method) : repeatable;
    }
}
