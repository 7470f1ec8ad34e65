package dev.holdfast.outbound.http;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The connections of one client, kept for the next request as long as each did exactly what HTTP
 * wants. Everything happens on one event loop, so that what one connection did is known before it
 * is given to the next.
 */
public final class Connections {
    /** Who wants a connection. */
    public interface Asker {
        /** Whether it is still wanted. */
        boolean waits();

        /** Here it is; to be sent on, or released. */
        void connected(Connection connection);

        /** There is none; nothing was sent. */
        void refused(Throwable cause);
    }

    private record Waiting(Asker asker, boolean fresh) {}

    /** What one target has. */
    private static final class Place {
        final Deque<Connection> idle = new ArrayDeque<>();
        final Deque<Waiting> waiting = new ArrayDeque<>();
        int connections;
    }

    private final Vertx vertx;
    private final Context context;
    private final ConnectionLimits limits;
    private final NetClient net;
    private final WireCounts counts = new WireCounts();
    private final Openings openings;

    // Only on the event loop.
    private final Map<Target, Place> places = new HashMap<>();
    private final Map<Connection, Long> idleSince = new HashMap<>();
    private final Set<Connection> open = new HashSet<>();
    private boolean sweeping;
    private boolean closed;

    /**
     * @param context the event loop's, on which everything is called and told
     * @param options for TCP and TLS
     */
    public Connections(
            Vertx vertx, Context context, NetClientOptions options, ConnectionLimits limits) {
        this(vertx, context, options, limits, () -> 0);
    }

    /**
     * As above, where others have to be answered.
     *
     * @param late for how long what they ask waits to be read now, in nanoseconds
     */
    public Connections(
            Vertx vertx,
            Context context,
            NetClientOptions options,
            ConnectionLimits limits,
            LongSupplier late) {
        openings = new Openings(late, look -> later(Openings.EVERY_MILLIS, look));
        this.vertx = vertx;
        this.context = context;
        this.limits = limits;
        net = vertx.createNetClient(options);
    }

    /**
     * New connections go by other options of TLS, and none is used again that was made by the old
     * ones. From any thread.
     */
    public Future<?> renew(ClientSSLOptions options) {
        return net.updateSSLOptions(options, true)
                .andThen((_, _) -> context.runOnContext(_ -> outdated()));
    }

    private void outdated() {
        open.forEach(Connection::useNoMore);
        List.copyOf(idleSince.keySet()).forEach(Connection::close);
    }

    /** What came on them besides answers. */
    public WireCounts count() {
        return counts;
    }

    /**
     * Asks for a connection; the asker is told, perhaps at once.
     *
     * @param fresh whether it has to be one that no request was sent on: an answer too many to an
     *     earlier request can then never be taken for this one's
     */
    public void ask(Target target, boolean fresh, Asker asker) {
        if (closed) {
            asker.refused(new IllegalStateException("closed"));
            return;
        }
        Place place = places.computeIfAbsent(target, t -> new Place());
        Connection kept = fresh ? null : place.idle.pollLast();
        if (kept != null) {
            idleSince.remove(kept);
            asker.connected(kept);
        } else if (place.connections < limits.perTarget() || makeRoom(place)) {
            connect(target, place, new Waiting(asker, fresh));
        } else if (place.waiting.size() < limits.waiting()) {
            place.waiting.add(new Waiting(asker, fresh));
        } else {
            asker.refused(new TooBusyException());
        }
    }

    private static boolean makeRoom(Place place) {
        Connection oldest = place.idle.peekFirst();
        if (oldest != null) {
            oldest.close();
        }
        return oldest != null;
    }

    private void later(long millis, Runnable then) {
        vertx.setTimer(millis, _ -> then.run());
    }

    private void connect(Target target, Place place, Waiting waiting) {
        place.connections++;
        openings.add(() -> open(target, place, waiting));
    }

    private void open(Target target, Place place, Waiting waiting) {
        if (!waiting.asker().waits()) {
            place.connections--;
            next(target, place);
            return;
        }
        try {
            net.connect(options(target)).onComplete(made -> made(target, place, waiting, made));
        } catch (RuntimeException e) {
            place.connections--;
            waiting.asker().refused(e);
        }
    }

    private static ConnectOptions options(Target target) {
        Proxy proxy = target.proxy();
        ConnectOptions options = new ConnectOptions().setSsl(target.tls());
        if (proxy != null && target.absolute()) {
            return options.setHost(proxy.host()).setPort(proxy.port());
        }
        if (proxy != null) {
            options.setProxyOptions(
                    new ProxyOptions()
                            .setType(ProxyType.HTTP)
                            .setHost(proxy.host())
                            .setPort(proxy.port())
                            .setUsername(proxy.user())
                            .setPassword(proxy.password()));
        }
        if (target.server() != null) {
            options.setRemoteAddress(target.server());
        }
        boolean name = target.tls() && target.host().indexOf(':') < 0 && hasLetter(target.host());
        return options.setHost(target.host())
                .setPort(target.port())
                .setSniServerName(name && target.host().indexOf('.') > 0 ? target.host() : null);
    }

    private static boolean hasLetter(String host) {
        return host.chars().anyMatch(Character::isLetter);
    }

    private void made(Target target, Place place, Waiting waiting, AsyncResult<NetSocket> socket) {
        if (socket.failed()) {
            place.connections--;
            waiting.asker().refused(socket.cause());
            next(target, place);
            return;
        }
        var connection =
                new Connection(
                        target,
                        socket.result(),
                        limits.maxHeadBytes(),
                        counts,
                        this::giveBack,
                        this::closed);
        open.add(connection);
        if (closed) {
            connection.close();
            waiting.asker().refused(new IllegalStateException("closed"));
        } else if (waiting.asker().waits()) {
            waiting.asker().connected(connection);
        } else {
            giveBack(connection);
        }
    }

    /** Takes a connection that may be used again. */
    private void giveBack(Connection connection) {
        Place place = place(connection);
        for (Waiting first; (first = place.waiting.peekFirst()) != null; ) {
            if (!first.asker().waits()) {
                place.waiting.removeFirst();
            } else if (first.fresh()) {
                // It needs a new one, and this one's place.
                connection.close();
                return;
            } else {
                place.waiting.removeFirst();
                first.asker().connected(connection);
                return;
            }
        }
        place.idle.addLast(connection);
        idleSince.put(connection, System.nanoTime());
        sweepLater();
    }

    /** Takes that a connection is closed. */
    private void closed(Connection connection) {
        if (open.remove(connection)) {
            Place place = place(connection);
            idleSince.remove(connection);
            place.idle.remove(connection);
            place.connections--;
            next(connection.target(), place);
        }
    }

    /** There is room for another connection. */
    private void next(Target target, Place place) {
        while (!closed && place.connections < limits.perTarget() && !place.waiting.isEmpty()) {
            Waiting first = place.waiting.removeFirst();
            if (first.asker().waits()) {
                connect(target, place, first);
            }
        }
        if (place.connections == 0) {
            sweepLater();
        }
    }

    private Place place(Connection connection) {
        return places.computeIfAbsent(connection.target(), t -> new Place());
    }

    private void sweepLater() {
        if (!sweeping) {
            sweeping = true;
            long half = Math.max(1, limits.keepAlive().toMillis() / 2);
            vertx.setTimer(half, timer -> sweep());
        }
    }

    private void sweep() {
        sweeping = false;
        long now = System.nanoTime();
        List<Connection> stale = new ArrayList<>();
        idleSince.forEach(
                (connection, since) -> {
                    if (now - since >= limits.keepAlive().toNanos()) {
                        stale.add(connection);
                    }
                });
        stale.forEach(Connection::close);
        places.values().removeIf(place -> place.connections == 0 && place.waiting.isEmpty());
        if (!idleSince.isEmpty()) {
            sweepLater();
        }
    }

    /** Closes all of them; requests under way end as broken. From any thread. */
    public void close() {
        try {
            context.runOnContext(none -> closeAll());
        } catch (RuntimeException e) {
            // The event loop has ended, and with it every connection.
        }
    }

    private void closeAll() {
        closed = true;
        net.close();
        for (Place place : List.copyOf(places.values())) {
            while (!place.waiting.isEmpty()) {
                place.waiting.removeFirst().asker().refused(new IllegalStateException("closed"));
            }
        }
    }
}
