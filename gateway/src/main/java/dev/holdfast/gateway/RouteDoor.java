package dev.holdfast.gateway;

import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.gateway.pass.PassRoute;
import dev.holdfast.http.ParamType;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How callers reach a route: {@code routes} in the configuration.
 *
 * @param policy the route behind it; its path is the door's
 * @param methods of {@link #METHODS}, at least one; of one that passes requests on, HEAD too
 * @param params what it takes
 * @param hold how long a caller who says nothing waits for the result; zero: as long as any answer
 *     takes
 * @param pass what is passed on as it comes, or null
 */
public record RouteDoor(
        RoutePolicy policy,
        Set<String> methods,
        List<Param> params,
        Duration hold,
        @Nullable PassRoute pass) {
    /** What callers may use; HEAD is GET without its body. */
    public static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");

    /** Longest time that an ask is held. */
    public static final Duration MAX_HOLD = Duration.ofHours(1);

    /** A JSON string writes a byte with at most this many letters ({@code \u0000}). */
    private static final int JSON_LETTERS_A_BYTE = 6;

    /** Room for what an ask may say beside its parameters, in bytes. */
    private static final int EXTRAS_BYTES = 32 * 1024;

    /**
     * One parameter.
     *
     * @param name as in query, form or JSON
     * @param required whether it must be there and not empty
     * @param maxBytes longest value in bytes of UTF-8, at least 1; of one that is no string, of its
     *     JSON
     * @param type what it may be
     * @param goesInto where its value goes in the call
     */
    public record Param(
            String name, boolean required, int maxBytes, ParamType type, Set<Place> goesInto) {
        public Param {
            goesInto = Set.copyOf(goesInto);
        }

        /** A string that goes where any text may. */
        public Param(String name, boolean required, int maxBytes) {
            this(name, required, maxBytes, ParamType.STRING, Set.of());
        }

        /** What is wrong with a value for where it goes, or null. */
        @Nullable String wrong(String value) {
            return goesInto.stream()
                    .filter(place -> !place.takes(value))
                    .map(place -> place.rule)
                    .findFirst()
                    .orElse(null);
        }
    }

    /** A place in the call that does not take every text. */
    public enum Place {
        /** One segment of the path (RFC 3986, section 3.3), from which nothing leads elsewhere. */
        PATH(
                "is one segment of a path: it is not empty, `.` or `..` and holds no slash,"
                        + " backslash or control character"),
        /** A header's value (RFC 9110, section 5.5). */
        HEADER("goes into a header: it holds visible ASCII characters and blanks only");

        private final String rule;

        Place(String rule) {
            this.rule = rule;
        }

        private boolean takes(String value) {
            return switch (this) {
                case PATH ->
                        !value.isEmpty()
                                && !value.equals(".")
                                && !value.equals("..")
                                && value.chars()
                                        .noneMatch(
                                                c ->
                                                        c == '/'
                                                                || c == '\\'
                                                                || Character.isISOControl(c));
                case HEADER -> value.chars().allMatch(c -> c >= ' ' && c < 0x7f);
            };
        }
    }

    public RouteDoor {
        methods = Set.copyOf(methods);
        params = List.copyOf(params);
        Set<String> known = pass == null ? METHODS : PassRoute.METHODS;
        if (methods.isEmpty() || !known.containsAll(methods)) {
            throw new IllegalArgumentException("a route takes some of " + known);
        }
        if (hold.isNegative() || hold.compareTo(MAX_HOLD) > 0) {
            throw new IllegalArgumentException("hold is 0 to " + MAX_HOLD + ", not " + hold);
        }
        for (Param param : params) {
            if (ExtraField.named(param.name()) != null) {
                throw new IllegalArgumentException(
                        "a route's parameter cannot be called " + param.name());
            }
        }
    }

    /** One with parameters, whose callers wait as long as any answer takes. */
    public RouteDoor(RoutePolicy policy, Set<String> methods, List<Param> params) {
        this(policy, methods, params, Duration.ZERO, null);
    }

    /** The path it is reached by. */
    public String path() {
        return policy.path();
    }

    /**
     * The longest that an ask may wait for its result.
     *
     * @param usual how long an answer takes
     */
    Duration longest(Duration usual) {
        return hold.compareTo(usual) > 0 ? hold : usual;
    }

    /** Largest body it reads, in bytes. */
    long maxBodyBytes() {
        long bytes = EXTRAS_BYTES;
        for (Param param : params) {
            bytes += (long) JSON_LETTERS_A_BYTE * param.maxBytes();
        }
        return bytes;
    }

    Optional<Param> param(String name) {
        for (Param param : params) {
            if (param.name().equals(name)) {
                return Optional.of(param);
            }
        }
        return Optional.empty();
    }

    boolean takes(HttpMethod method) {
        return methods.contains(method.name());
    }
}
