package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.wire.BasePath;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where callers come in.
 *
 * @param host the address to listen on
 * @param port TCP port; 0 lets the system choose
 * @param answerWithin longest time until an answer starts (P2)
 * @param firstKey file for the key of a first admin client, or null to make none
 * @param maxQueue requests that may wait for one upstream before {@code queue-full}
 * @param warmUp time for which it plays itself before it listens; zero for not at all
 * @param base what a proxy has before every path
 * @param listen limits, certificate and the place for operators
 */
public record ServerSettings(
        String host,
        int port,
        @Nullable String firstKey,
        Duration answerWithin,
        int maxQueue,
        Duration warmUp,
        BasePath base,
        ListenSettings listen) {
    private static final Duration SHORTEST_ANSWER = Duration.ofMillis(10);

    /** Leaves 100 ms of the promised two seconds to the network and to stalls. */
    private static final Duration LONGEST_ANSWER = Duration.ofMillis(1900);

    private static final Duration LONGEST_WARM_UP = Duration.ofMinutes(1);

    private static final int MAX_PORT = 65_535;
    private static final int MAX_QUEUE = 100_000_000;

    static ServerSettings read(Section s) {
        return new ServerSettings(
                s.field(
                                "host",
                                "address to listen on; any but a loopback address needs a client key")
                        .orElse("127.0.0.1")
                        .text(),
                s.field("port", "TCP port to listen on; 0 lets the system choose")
                        .orElse("8000")
                        .integer(0, MAX_PORT),
                s.field(
                                "first-key",
                                "file for the key of a first client `admin`, made when `host` needs a"
                                        + " key and nobody has one; empty: the start is refused then")
                        .shown()
                        .optionalText(),
                s.field("answer-within", "longest time until an answer starts; then a receipt")
                        .orElse("1800ms")
                        .duration(SHORTEST_ANSWER, LONGEST_ANSWER),
                s.field(
                                "max-queue",
                                "requests that may wait for one upstream; more get `queue-full`")
                        .orElse("1000000")
                        .integer(1, MAX_QUEUE),
                s.field(
                                "warm-up",
                                "time for which it answers itself before it listens, on a store and"
                                        + " upstreams of its own that are gone then, so that its first"
                                        + " callers are answered as fast as later ones; for a replica"
                                        + " behind a load balancer, such as `5s`. Takes all cores")
                        .orElse("0s")
                        .duration(Duration.ZERO, LONGEST_WARM_UP),
                s.field(
                                "base-path",
                                "path that a proxy serves Holdfast below, such as `/holdfast`; all"
                                        + " links begin with it, whether or not the proxy takes it off")
                        .orElse("")
                        .one("path", BasePath::new, BasePath.NONE),
                ListenSettings.read(s));
    }

    /** Whether only programs on this machine can reach the host. */
    public boolean loopback() {
        String h = host.toLowerCase(Locale.ROOT);
        return h.equals("localhost")
                || h.equals("::1")
                || h.equals("[::1]")
                || h.matches("127(\\.[0-9]{1,3}){3}");
    }
}
