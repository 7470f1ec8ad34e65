package dev.holdfast.simulator;

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
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
        }
    }
}
