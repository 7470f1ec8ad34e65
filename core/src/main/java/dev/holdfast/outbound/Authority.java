package dev.holdfast.outbound;

import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whom a URL names. {@link URI#getHost()} knows no name with an underscore, though Docker and
 * Windows give such names and DNS carries them.
 *
 * @param host name or address in lower case, an IPv6 one without brackets
 * @param port 1 to 65535, or -1 if the URL names none
 * @param userInfo what stands before the {@code @}, as it is written; a secret; or null
 */
public record Authority(String host, int port, @Nullable String userInfo) {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_HOST_CHARS = 253;
    private static final Pattern FORM =
            Pattern.compile(
                    "(?:(?<user>[^@]*)@)?(?:\\[(?<six>[0-9A-Fa-f:.]+)]|(?<name>[A-Za-z0-9._-]+))"
                            + "(?::(?<port>[0-9]{0,5}))?");

    /**
     * The authority of {@code url}; empty if it names no host, or none that can be connected to.
     */
    public static Optional<Authority> of(URI url) {
        String raw = url.getRawAuthority();
        Matcher form = FORM.matcher(raw == null ? "" : raw);
        if (!form.matches()) {
            return Optional.empty();
        }
        String digits = form.group("port");
        int port = digits == null || digits.isEmpty() ? -1 : Integer.parseInt(digits);
        String six = form.group("six");
        String host = six == null ? form.group("name") : six;
        boolean known = six == null || literal(six).isPresent();
        return port == 0 || port > MAX_PORT || host.length() > MAX_HOST_CHARS || !known
                ? Optional.empty()
                : Optional.of(
                        new Authority(host.toLowerCase(Locale.ROOT), port, form.group("user")));
    }

    /** As {@link #of(URI)}, for a URL that was checked. */
    static Authority checked(URI url) {
        return of(url).orElseThrow(() -> new IllegalArgumentException("the URL names no host"));
    }

    /** The address that {@code host} spells, if it is a literal. */
    static Optional<InetAddress> literal(String host) {
        String bare =
                host.startsWith("[") && host.endsWith("]")
                        ? host.substring(1, host.length() - 1)
                        : host;
        try {
            return Optional.of(InetAddress.ofLiteral(bare));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The port, or what the scheme has for one. */
    public int portOr(int usual) {
        return port < 0 ? usual : port;
    }

    /** Host and port as they stand in a URL, without user and password. */
    public String shown() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port < 0 ? name : name + ":" + port;
    }

    /** The user, decoded; or null. */
    public @Nullable String user() {
        return userInfo == null ? null : decoded(userInfo.split(":", 2)[0]);
    }

    /** The password, decoded, empty if there is only a user; or null. */
    public @Nullable String password() {
        if (userInfo == null) {
            return null;
        }
        String[] parts = userInfo.split(":", 2);
        return parts.length < 2 ? "" : decoded(parts[1]);
    }

    /** The value of an Authorization header (RFC 7617) with user and password, or null. */
    public @Nullable String basic() {
        if (userInfo == null) {
            return null;
        }
        String pair = user() + ":" + password();
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return shown();
    }
}
