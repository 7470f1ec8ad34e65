package dev.holdfast.simulator.door;

import java.net.URI;

/** A stand-in for a service, on a port of this machine, once started. */
public interface Simulator extends AutoCloseable {
    /** The port it listens on. */
    int port();

    /** Where it is to be called. */
    URI uri();

    /** Ends all connections. Not to be called on an event loop. */
    @Override
    void close();
}
