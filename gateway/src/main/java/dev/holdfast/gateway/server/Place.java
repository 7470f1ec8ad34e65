package dev.holdfast.gateway.server;

/**
 * An address to listen on.
 *
 * @param host address to bind
 * @param port port to bind; 0 takes a free one
 */
public record Place(String host, int port) {
    public Place {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is 0 to 65535, not " + port);
        }
    }
}
