package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How callers are listened to.
 *
 * @param maxConnections connections open at once
 * @param maxConnectionsPerAddress of these from one address, or null for half of them
 * @param trustedProxies networks in CIDR notation whose addresses speak for many callers
 * @param idle time without a request after which a connection is closed
 * @param headWithin time for the headers of a request
 * @param bodyWithin time for the body of a request
 * @param tls the certificate, or null for plain HTTP
 * @param management where operators come in, or null for the same place
 */
public record ListenSettings(
        int maxConnections,
        @Nullable Integer maxConnectionsPerAddress,
        List<String> trustedProxies,
        Duration idle,
        Duration headWithin,
        Duration bodyWithin,
        @Nullable Tls tls,
        @Nullable Management management) {
    private static final int MAX_CONNECTIONS = 1_000_000;
    private static final int MAX_PORT = 65_535;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);

    /** A certificate and its private key, as paths of PEM files. */
    public record Tls(String certificate, String key) {}

    /** A place for operators alone. */
    public record Management(String host, int port) {}

    static ListenSettings read(Section s) {
        return new ListenSettings(
                s.field("max-connections", "connections open at once; one more is closed")
                        .orElse("25000")
                        .integer(1, MAX_CONNECTIONS),
                s.field(
                                "max-connections-per-address",
                                "of these from one address (of IPv6, from one /64); empty: half of"
                                        + " them")
                        .optionalInteger(1, MAX_CONNECTIONS),
                s.field(
                                "trusted-proxies",
                                "networks of load balancers and proxies, such as `10.0.0.0/8`: their"
                                        + " addresses have no limit of their own, and an"
                                        + " `X-Forwarded-Prefix` of theirs counts")
                        .orElse("")
                        .words("list of networks in CIDR notation", Cidr::checked),
                s.field("idle", "time without a request after which a connection is closed")
                        .orElse("75s")
                        .duration(SHORTEST, LONGEST),
                s.field("head-within", "time from a request's first byte to the end of its headers")
                        .orElse("10s")
                        .duration(SHORTEST, LONGEST),
                s.field("body-within", "time from there to the end of its body")
                        .orElse("10s")
                        .duration(SHORTEST, LONGEST),
                tls(s),
                management(s));
    }

    private static @Nullable Tls tls(Section server) {
        if (!server.has("tls")) {
            return null;
        }
        Section s = server.section("tls");
        return new Tls(
                s.field("cert", "PEM file of the certificate and those that vouch for it")
                        .required()
                        .text(),
                s.field("key", "PEM file of the certificate's private key")
                        .required()
                        .shown()
                        .text());
    }

    private static @Nullable Management management(Section server) {
        if (!server.has("management")) {
            return null;
        }
        Section s = server.section("management");
        return new Management(
                s.field("host", "address where `/metrics` and the probes alone are served")
                        .orElse("127.0.0.1")
                        .text(),
                s.field("port", "its TCP port; 0 lets the system choose")
                        .required()
                        .integer(0, MAX_PORT));
    }
}
