package dev.holdfast.outbound;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Decides which webhook addresses Holdfast may call (P7): a URL's text when it is asked for,
 * without any look-up, and the very address to connect to when the webhook leaves. Only the
 * plainest spelling of a host is accepted, since programs disagree about all others.
 */
public final class AddressGuard {
    /** Longest webhook URL, in characters. */
    public static final int MAX_URL_CHARS = 2048;

    private static final int MAX_HOST_CHARS = 253;
    private static final int MAX_PORT = 65_535;

    private static final Pattern URL =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([/?][^#]*)?(#.*)?");
    private static final Pattern AUTHORITY =
            Pattern.compile("(?<host>\\[[^\\[\\]]*]|[^:\\[\\]]*)(?::(?<port>[0-9]*))?");
    private static final Pattern LABEL =
            Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9A-Fa-f]*");
    private static final Pattern OCTET =
            Pattern.compile("0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    /** Top-level names that never lead to the public network (RFC 6761, RFC 6762, RFC 8375…). */
    private static final Set<String> INTERNAL_TOP_LEVELS =
            Set.of(
                    "localhost",
                    "localdomain",
                    "local",
                    "internal",
                    "intranet",
                    "private",
                    "lan",
                    "home",
                    "corp",
                    "test",
                    "invalid",
                    "example",
                    "onion",
                    "alt",
                    "arpa");

    private final List<Network> allowed;

    /**
     * @param allowNetworks networks that may be called besides public addresses, in CIDR notation;
     *     with at least one, internal names are decided when connecting
     * @throws IllegalArgumentException for one that is not a network
     */
    public AddressGuard(List<String> allowNetworks) {
        allowed = allowNetworks.stream().map(Network::parse).toList();
    }

    /** What is thought of a URL or an address. */
    public sealed interface Verdict {}

    /**
     * May be called; a name still has to lead to an allowed address.
     *
     * @param url as given, the scheme in lower case; host and port can be relied on
     * @param authority whom it names
     */
    public record Allowed(URI url, Authority authority) implements Verdict {}

    /**
     * May not be called.
     *
     * @param reason the kind of mistake
     * @param words what to do about it, for the caller
     */
    public record Forbidden(Reason reason, String words) implements Verdict {}

    /** Why a URL is forbidden. */
    public enum Reason {
        /** Neither http nor https. */
        SCHEME,
        /** Not a URL, or one with characters that have to be encoded. */
        MALFORMED,
        /** Over {@link #MAX_URL_CHARS}, or a host over 253 characters. */
        TOO_LONG,
        /** User name or password in the URL. */
        CREDENTIALS,
        /** A fragment, which is never sent. */
        FRAGMENT,
        /** A port out of bounds. */
        PORT,
        /** A host that is not written in its plain form. */
        SPELLING,
        /** A name that only internal networks know. */
        INTERNAL_NAME,
        /** An address that is not public. */
        INTERNAL_ADDRESS
    }

    /** Judges the text of a webhook's URL. Fast, and looks nothing up. */
    public Verdict check(String url) {
        if (url.length() > MAX_URL_CHARS) {
            return no(
                    Reason.TOO_LONG, "a webhook URL has at most " + MAX_URL_CHARS + " characters");
        }
        if (url.chars().anyMatch(c -> c <= ' ' || c >= 0x7f || c == '\\')) {
            return no(
                    Reason.MALFORMED,
                    "percent-encode spaces, control characters, backslashes and whatever is not"
                            + " ASCII; write an international host in its xn-- form");
        }
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            return no(Reason.MALFORMED, "write the whole URL, such as https://example.com/hook");
        }
        String scheme = parts.group(1).toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            return no(Reason.SCHEME, "use https:// or http://");
        }
        if (parts.group(4) != null) {
            return no(Reason.FRAGMENT, "leave out the # and what follows: it is never sent");
        }
        String authority = parts.group(2);
        if (authority.indexOf('@') >= 0) {
            return no(
                    Reason.CREDENTIALS,
                    "leave user name and password out of the URL; send them in webhook_headers");
        }
        Optional<Forbidden> forbidden = checkAuthority(authority);
        return forbidden.isPresent()
                ? forbidden.get()
                : parsed(scheme, url.substring(scheme.length()));
    }

    /** Judges an address right before it is connected to; empty if it may be. */
    public Optional<Forbidden> check(InetAddress address) {
        InetAddress reached = SpecialNetworks.reached(address);
        if (allowed.stream().anyMatch(n -> n.contains(reached) || n.contains(address))) {
            return Optional.empty();
        }
        return SpecialNetworks.special(address)
                .map(
                        what ->
                                no(
                                        Reason.INTERNAL_ADDRESS,
                                        "use a public address: "
                                                + address.getHostAddress()
                                                + " is "
                                                + what
                                                + " (or have its network added to"
                                                + " webhooks.allow-networks)"));
    }

    private Optional<Forbidden> checkAuthority(String authority) {
        Matcher parts = AUTHORITY.matcher(authority);
        if (!parts.matches()) {
            return Optional.of(no(Reason.MALFORMED, "write the host as name, IPv4 or [IPv6]"));
        }
        String port = parts.group("port");
        if (port != null && !isPort(port)) {
            return Optional.of(no(Reason.PORT, "use a port between 1 and " + MAX_PORT));
        }
        String host = parts.group("host");
        if (host.isEmpty()) {
            return Optional.of(no(Reason.MALFORMED, "name a host, such as https://example.com/"));
        }
        return host.startsWith("[")
                ? checkIpv6(host.substring(1, host.length() - 1))
                : checkHost(host);
    }

    private Optional<Forbidden> checkIpv6(String literal) {
        String tail = literal.substring(literal.lastIndexOf(':') + 1);
        boolean plain =
                IPV6.matcher(literal).matches()
                        && (tail.indexOf('.') < 0 || isPlainIpv4(tail.split("\\.", -1)));
        Optional<InetAddress> address = plain ? Authority.literal(literal) : Optional.empty();
        return address.isEmpty()
                ? Optional.of(no(Reason.SPELLING, "write a plain IPv6 address, without a zone"))
                : check(address.get());
    }

    private Optional<Forbidden> checkHost(String host) {
        if (host.length() > MAX_HOST_CHARS) {
            return Optional.of(
                    no(Reason.TOO_LONG, "a host has at most " + MAX_HOST_CHARS + " characters"));
        }
        String[] labels = host.split("\\.", -1);
        String last = labels[labels.length - 1];
        if (last.isEmpty()) {
            return Optional.of(no(Reason.SPELLING, "leave out the dot at the end of the host"));
        }
        if (NUMBER.matcher(last).matches()) {
            return checkIpv4(host, labels);
        }
        for (String label : labels) {
            if (!LABEL.matcher(label).matches()) {
                return Optional.of(
                        no(
                                Reason.SPELLING,
                                "a host's name has only letters, digits, hyphens and underscores"
                                        + " between its dots"));
            }
        }
        boolean internal =
                labels.length == 1 || INTERNAL_TOP_LEVELS.contains(last.toLowerCase(Locale.ROOT));
        return internal && allowed.isEmpty()
                ? Optional.of(
                        no(
                                Reason.INTERNAL_NAME,
                                "use a public name: " + host + " is known only inside a network"))
                : Optional.empty();
    }

    /** A host that ends in a number is an IPv4 address to many programs, whatever its form. */
    private Optional<Forbidden> checkIpv4(String host, String[] labels) {
        Optional<InetAddress> address =
                isPlainIpv4(labels) ? Authority.literal(host) : Optional.empty();
        return address.isEmpty()
                ? Optional.of(
                        no(
                                Reason.SPELLING,
                                "write an IPv4 address as four decimal numbers without leading"
                                        + " zeros"))
                : check(address.get());
    }

    private static boolean isPlainIpv4(String[] labels) {
        return labels.length == 4
                && Stream.of(labels).allMatch(label -> OCTET.matcher(label).matches());
    }

    private static boolean isPort(String port) {
        return !port.isEmpty()
                && port.length() <= 5
                && port.charAt(0) != '0'
                && Integer.parseInt(port) <= MAX_PORT;
    }

    private static Verdict parsed(String scheme, String rest) {
        try {
            URI url = new URI(scheme + rest);
            return Authority.of(url)
                    .<Verdict>map(authority -> new Allowed(url, authority))
                    .orElseGet(
                            () -> no(Reason.MALFORMED, "write the host as name, IPv4 or [IPv6]"));
        } catch (URISyntaxException e) {
            return no(
                    Reason.MALFORMED,
                    "percent-encode what is not allowed in a URL (at character "
                            + (e.getIndex() + 1)
                            + ")");
        }
    }

    private static Forbidden no(Reason reason, String words) {
        return new Forbidden(reason, words);
    }
}
