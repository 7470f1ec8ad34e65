package dev.holdfast.outbound;

import dev.holdfast.outbound.http.Proxy;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy a call goes through. From the environment as other programs read it: {@code
 * HTTPS_PROXY} and {@code HTTP_PROXY} by the call's scheme, {@code NO_PROXY} for what is called
 * directly, each also in lower case, which goes first. The machine itself is never called through a
 * proxy.
 */
public final class Proxies {
    /** Every call is direct. */
    public static final Proxies NONE = new Proxies(null, null, List.of(), false);

    private static final int PROXY_PORT = 80;

    private final @Nullable Proxy forHttp;
    private final @Nullable Proxy forHttps;
    private final List<Direct> direct;
    private final boolean allDirect;

    /** What NO_PROXY names. */
    private sealed interface Direct {
        /** A name, and all below it. */
        record Name(String name, int port) implements Direct {}

        /** An address or a network. */
        record Addresses(Network network) implements Direct {}
    }

    private Proxies(
            @Nullable Proxy forHttp,
            @Nullable Proxy forHttps,
            List<Direct> direct,
            boolean allDirect) {
        this.forHttp = forHttp;
        this.forHttps = forHttps;
        this.direct = List.copyOf(direct);
        this.allDirect = allDirect;
    }

    /** Every call goes through the proxy at {@code url}, but those to the machine itself. */
    public static Proxies at(String url) {
        Proxy proxy = parse(url);
        return new Proxies(proxy, proxy, List.of(), false);
    }

    /**
     * As the environment has it.
     *
     * @param variable an environment variable's value by its name, or null
     * @throws IllegalArgumentException for a proxy that is not a URL of http, naming its variable
     */
    public static Proxies environment(UnaryOperator<@Nullable String> variable) {
        List<Direct> direct = new ArrayList<>();
        boolean all = false;
        String names = value(variable, "no_proxy").map(Named::text).orElse("");
        for (String word : names.split("[,\\s]+", -1)) {
            if (word.equals("*")) {
                all = true;
            } else if (!word.isEmpty()) {
                direct.add(exception(word.toLowerCase(Locale.ROOT)));
            }
        }
        return new Proxies(
                proxy(variable, "http_proxy"), proxy(variable, "https_proxy"), direct, all);
    }

    private record Named(String name, String text) {}

    private static Optional<Named> value(UnaryOperator<@Nullable String> variable, String name) {
        for (String spelling : List.of(name, name.toUpperCase(Locale.ROOT))) {
            String text = variable.apply(spelling);
            if (text != null && !text.isBlank()) {
                return Optional.of(new Named(spelling, text.strip()));
            }
        }
        return Optional.empty();
    }

    private static @Nullable Proxy proxy(UnaryOperator<@Nullable String> variable, String name) {
        Optional<Named> named = value(variable, name);
        if (named.isEmpty()) {
            return null;
        }
        try {
            return parse(named.get().text());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(named.get().name() + " " + e.getMessage(), e);
        }
    }

    /** A proxy from its URL, or from host and port alone. The message never holds the URL. */
    private static Proxy parse(String url) {
        URI uri;
        try {
            uri = new URI(url.contains("://") ? url : "http://" + url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("is not the URL of a proxy", e);
        }
        if (!"http".equalsIgnoreCase(uri.getScheme())) {
            throw new IllegalArgumentException(
                    "must be the URL of a proxy that begins with http:// (https calls go through it"
                            + " as a tunnel); others, such as SOCKS, cannot be used");
        }
        Authority at =
                Authority.of(uri)
                        .orElseThrow(
                                () -> new IllegalArgumentException("names no host for a proxy"));
        return new Proxy(at.host(), at.portOr(PROXY_PORT), at.user(), at.password());
    }

    private static Direct exception(String word) {
        try {
            return new Direct.Addresses(Network.parse(word));
        } catch (IllegalArgumentException e) {
            int colon = word.lastIndexOf(':');
            boolean port = colon > 0 && word.substring(colon + 1).matches("[0-9]{1,5}");
            String name = port ? word.substring(0, colon) : word;
            name = name.startsWith("*.") ? name.substring(1) : name;
            return new Direct.Name(
                    name.startsWith(".") ? name.substring(1) : name,
                    port ? Integer.parseInt(word.substring(colon + 1)) : -1);
        }
    }

    /** Whether there is any proxy at all. */
    public boolean any() {
        return !allDirect && (forHttp != null || forHttps != null);
    }

    /**
     * The proxy for a call; null if it is made directly.
     *
     * @param host name or address, an IPv6 one without brackets
     */
    public @Nullable Proxy of(boolean tls, String host, int port) {
        Proxy proxy = tls ? forHttps : forHttp;
        if (proxy == null || allDirect) {
            return null;
        }
        String name = host.toLowerCase(Locale.ROOT);
        Optional<InetAddress> address = Authority.literal(name);
        boolean itself =
                name.equals("localhost")
                        || name.endsWith(".localhost")
                        || (address.isPresent() && address.get().isLoopbackAddress());
        return itself || direct.stream().anyMatch(one -> matches(one, name, port, address))
                ? null
                : proxy;
    }

    private static boolean matches(
            Direct one, String name, int port, Optional<InetAddress> address) {
        return switch (one) {
            case Direct.Addresses(Network network) ->
                    address.isPresent() && network.contains(address.get());
            case Direct.Name(String known, int only) ->
                    (name.equals(known) || name.endsWith("." + known))
                            && (only < 0 || only == port);
        };
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Proxies that
                && Objects.equals(forHttp, that.forHttp)
                && Objects.equals(forHttps, that.forHttps)
                && direct.equals(that.direct)
                && allDirect == that.allDirect;
    }

    @Override
    public int hashCode() {
        return Objects.hash(forHttp, forHttps, direct, allDirect);
    }

    /** Without users and passwords. */
    @Override
    public String toString() {
        return "Proxies[http=" + forHttp + ", https=" + forHttps + "]";
    }
}
