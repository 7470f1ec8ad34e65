package dev.holdfast.gateway.wire;

import java.net.InetAddress;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * What one listener takes of its callers. Sizes of a request's line, head and body are constants of
 * the listener and each route's own parameters.
 *
 * @param connections open at once; one more is closed
 * @param perAddress of these, from one address (of IPv6, from one /64)
 * @param proxies addresses that speak for many callers: they have no limit of their own
 * @param idle time without a request after which a connection is closed
 * @param headWithin time from the first byte of a request to the end of its headers
 * @param bodyWithin time from there to the end of its body
 * @param inHandBytes memory for what all connections have in hand
 */
public record ListenerLimits(
        int connections,
        int perAddress,
        Predicate<InetAddress> proxies,
        Duration idle,
        Duration headWithin,
        Duration bodyWithin,
        long inHandBytes) {
    /** Of the largest heap, what connections may have in hand. */
    private static final double SHARE_OF_HEAP = 0.4;

    /** For operators: their few connections have places and memory that callers cannot take. */
    private static final int OPERATORS = 256;

    private static final long OPERATORS_BYTES = 8L << 20;
    private static final int CONNECTIONS = 25_000;
    private static final Duration IDLE = Duration.ofSeconds(75);
    private static final Duration WITHIN = Duration.ofSeconds(10);

    /** What is right for most. */
    public static final ListenerLimits DEFAULT =
            new ListenerLimits(
                    CONNECTIONS, CONNECTIONS / 2, _ -> false, IDLE, WITHIN, WITHIN, shareOfHeap());

    public ListenerLimits {
        if (connections < 1 || perAddress < 1) {
            throw new IllegalArgumentException("connections: at least 1, not " + connections);
        }
        if (!idle.isPositive() || !headWithin.isPositive() || !bodyWithin.isPositive()) {
            throw new IllegalArgumentException("a time limit is longer than nothing");
        }
        if (inHandBytes < 1) {
            throw new IllegalArgumentException("memory: at least a byte, not " + inHandBytes);
        }
    }

    /** One address may have all connections, and they the usual share of the heap. */
    public ListenerLimits(
            int connections, Duration idle, Duration headWithin, Duration bodyWithin) {
        this(connections, connections, _ -> false, idle, headWithin, bodyWithin, shareOfHeap());
    }

    /** The same for the operators' place: as long, but few, with a little memory of their own. */
    public ListenerLimits forOperators() {
        return new ListenerLimits(
                OPERATORS, OPERATORS, proxies, idle, headWithin, bodyWithin, OPERATORS_BYTES);
    }

    /** What connections may have in hand, in bytes, of the heap that this process may grow to. */
    public static long shareOfHeap() {
        return (long) (Runtime.getRuntime().maxMemory() * SHARE_OF_HEAP);
    }
}
