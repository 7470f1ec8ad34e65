package dev.holdfast.app.serve;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.RouteSettings;
import dev.holdfast.app.yaml.Changed;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A configuration as it is told to somebody who is to compare it with another one and to learn no
 * value of it.
 *
 * @param salt under which the digests are made, in hexadecimal; random, so that nothing can be
 *     prepared
 * @param digests of what each key says that does not say its default
 * @param routes the upstream of each route, by the route's path
 */
public record Fingerprint(String salt, Map<String, String> digests, Map<String, String> routes) {
    /** Length of a salt, in bytes. */
    static final int SALT_BYTES = 16;

    /** Keys that are compared at most. */
    public static final int MAX_KEYS = 50_000;

    /** Sections of which a running process has made what cannot be changed. */
    private static final Set<String> ONLY_AT_START = Set.of("server", "store", "rates", "tracing");

    /** What deliveries are leased for, which follows from the key before the blank. */
    private static final String LEASE = "webhooks.timeout (by so much)";

    /** With a salt of its own. */
    public static Fingerprint of(Configuration configuration) {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        return of(configuration, HexFormat.of().formatHex(salt));
    }

    static Fingerprint of(Configuration configuration, String salt) {
        byte[] key = salt.getBytes(StandardCharsets.US_ASCII);
        Map<String, String> digests = new LinkedHashMap<>();
        Changed.written(configuration.values())
                .forEach((path, written) -> digests.put(path, written.digest(key, path)));
        digests.put(
                LEASE,
                Policies.deliveryLease(configuration.settings().webhooks()).toSeconds() + "s");
        Map<String, String> routes = new LinkedHashMap<>();
        for (RouteSettings route : configuration.settings().routes()) {
            routes.put(route.path(), route.upstream());
        }
        return new Fingerprint(salt, digests, routes);
    }

    /** The keys that differ, in this one's order; those that it has no more come last. */
    List<String> changedSince(Fingerprint before) {
        return Changed.between(before.digests, digests);
    }

    /** Of keys that changed, those that only a start takes. */
    public static List<String> onlyAtStart(List<String> changed) {
        return changed.stream()
                .filter(
                        key ->
                                ONLY_AT_START.contains(key.split("[.\\[]", 2)[0])
                                        || key.equals(LEASE))
                .toList();
    }

    /** Keys that differ, secrets among them. */
    public static List<String> changed(Configuration before, Configuration after) {
        Fingerprint next = of(after);
        return next.changedSince(of(before, next.salt));
    }
}
