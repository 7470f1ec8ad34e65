package dev.holdfast.app;

import dev.holdfast.app.config.ListenSettings;
import dev.holdfast.app.config.ServerSettings;
import dev.holdfast.gateway.GatewaySettings;
import dev.holdfast.gateway.GatewaySettings.Place;
import dev.holdfast.gateway.ListenerLimits;
import dev.holdfast.gateway.Tls;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the gateway listens with, from the configuration. */
final class ListenerSide {
    private ListenerSide() {}

    /**
     * @throws Failure if a file of the certificate cannot be read
     */
    static GatewaySettings of(ServerSettings server, int eventLoops) {
        ListenSettings listen = server.listen();
        ListenSettings.Management management = listen.management();
        return new GatewaySettings(
                new Place(server.host(), server.port()),
                management == null ? null : new Place(management.host(), management.port()),
                tls(listen.tls()),
                new ListenerLimits(
                        listen.maxConnections(),
                        listen.idle(),
                        listen.headWithin(),
                        listen.bodyWithin()),
                server.answerWithin(),
                eventLoops);
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

    /** What to do about a place that somebody else listens at. */
    static String inUse(ServerSettings server) {
        ListenSettings.Management management = server.listen().management();
        return "port "
                + server.port()
                + " of "
                + server.host()
                + (management == null
                        ? " is in use; set server.port (HOLDFAST_SERVER_PORT) to a free one"
                        : " or port "
                                + management.port()
                                + " of "
                                + management.host()
                                + " is in use; set server.port or server.management.port to a free"
                                + " one");
    }
}
