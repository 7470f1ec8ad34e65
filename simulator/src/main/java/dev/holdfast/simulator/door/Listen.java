package dev.holdfast.simulator.door;

import dev.holdfast.simulator.Bounds;

/**
 * Where a simulator listens.
 *
 * @param host an address of this machine
 * @param port a port, or 0 for any free one
 */
public record Listen(String host, int port) {
    /** Any free port on loopback. */
    public static final Listen ANYWHERE = new Listen("127.0.0.1", 0);

    public Listen {
        Bounds.whole("a port", port, 0, 65_535);
        if (host.isBlank()) {
            throw new IllegalArgumentException("a host is an address of this machine");
        }
    }

    /** The host and a port, as URLs have them. */
    public String authority(int actualPort) {
        boolean ipv6 = host.contains(":") && !host.startsWith("[");
        return (ipv6 ? "[" + host + "]" : host) + ":" + actualPort;
    }
}
