package dev.holdfast.outbound;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** Looks up the addresses of a host's name, without blocking. */
interface Names {

    /** All addresses of {@code host}, at least one; or a failure. */
    Future<List<InetAddress>> lookUp(String host);

    /** The look-up that all of Vert.x uses: hosts file, then DNS, cached as long as DNS says. */
    static Names of(Vertx vertx) {
        return host -> {
            Promise<List<InetSocketAddress>> found = Promise.promise();
            ((VertxInternal) vertx).nameResolver().resolveAll(host, found::handle);
            return found.future()
                    .map(all -> all.stream().map(InetSocketAddress::getAddress).toList());
        };
    }
}
