package dev.holdfast.app.serve;

import dev.holdfast.app.config.ListenSettings;
import dev.holdfast.app.config.ServerSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.gateway.GatewaySettings;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.server.Tls;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.outbound.Network;
import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the gateway listens with, from the configuration. */
public final class ListenerSide {
    private ListenerSide() {}

    /**
     * @throws Failure if a file of the certificate cannot be read
     */
    public static GatewaySettings of(ServerSettings server, int eventLoops) {
        ListenSettings listen = server.listen();
        ListenSettings.Management management = listen.management();
        return new GatewaySettings(
                new Place(server.host(), server.port()),
                management == null ? null : new Place(management.host(), management.port()),
                tls(listen.tls()),
                limits(listen),
                server.answerWithin(),
                eventLoops,
                server.base());
    }

    private static ListenerLimits limits(ListenSettings listen) {
        Integer perAddress = listen.maxConnectionsPerAddress();
        List<Network> proxies = listen.trustedProxies().stream().map(Network::parse).toList();
        return new ListenerLimits(
                listen.maxConnections(),
                perAddress == null ? Math.max(1, listen.maxConnections() / 2) : perAddress,
                address -> proxies.stream().anyMatch(network -> network.contains(address)),
                listen.idle(),
                listen.headWithin(),
                listen.bodyWithin(),
                ListenerLimits.shareOfHeap());
    }

    private static @Nullable Tls tls(ListenSettings.@Nullable Tls tls) {
        return tls == null
                ? null
                : new Tls(
                        readable("server.tls.cert", tls.certificate()),
                        readable("server.tls.key", tls.key()));
    }

    private static Path readable(String key, String file) {
        Path path = Path.of(file);
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw Failure.usage("holdfast: " + key + ": there is no readable file " + file);
        }
        return path;
    }

    /** Why it cannot listen, and what to do about it. */
    static String refused(ServerSettings server, BindException cause) {
        ListenSettings.Management management = server.listen().management();
        String reason = String.valueOf(cause.getMessage());
        if (!reason.contains("in use")) {
            if (!ours(server.host())) {
                return notOurs("server.host", server.host());
            }
            if (management != null && !ours(management.host())) {
                return notOurs("server.management.host", management.host());
            }
        }
        String place = "port " + server.port() + " of " + server.host();
        if (!reason.contains("in use")) {
            return "cannot listen on "
                    + place
                    + (management == null ? "" : " or " + shown(management))
                    + ": "
                    + reason;
        }
        return place
                + (management == null
                        ? " is in use; set server.port (HOLDFAST_SERVER_PORT) to a free one"
                        : " or "
                                + shown(management)
                                + " is in use; set server.port or server.management.port to a free"
                                + " one");
    }

    private static String shown(ListenSettings.Management management) {
        return "port " + management.port() + " of " + management.host();
    }

    private static String notOurs(String key, String host) {
        return key + ": " + host + " is not an address of this machine; 0.0.0.0 is all of them";
    }

    private static boolean ours(String host) {
        try {
            InetAddress address = InetAddress.getByName(host);
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | SocketException e) {
            return true; // not known to be wrong: the reason itself is told
        }
    }
}
