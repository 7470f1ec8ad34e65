package dev.holdfast.store.postgresql.connection;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.SslMode;
import org.postgresql.ssl.NonValidatingFactory;
import org.postgresql.util.PSQLException;

/**
 * Where a PostgreSQL database is, from {@code postgresql://user:password@a:5432,b:5432/database}:
 * one server, or several of which one at a time is the primary. What follows a {@code ?} goes to
 * the driver as it is (for instance {@code sslmode=verify-full}).
 *
 * @param hosts each with its port, if that is given
 * @param place the path and what follows it
 * @param shown for messages, without secrets
 * @param user or null: the driver's default
 * @param password or null: none
 */
public record PostgresUrl(
        List<String> hosts,
        String place,
        String shown,
        @Nullable String user,
        @Nullable String password) {
    /** Servers of one URL. */
    public static final int MAX_HOSTS = 8;

    private static final Pattern URL =
            Pattern.compile(
                    "(?:postgresql|postgres)://(?:([^/?#@]*)@)?([^/?#@]+)(/[^/?#]+)(\\?[^#]*)?");
    private static final Pattern HOST =
            Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?");

    private static final String SSLMODE = PGProperty.SSL_MODE.getName() + "=";

    /** Of the driver's factories the one that takes any certificate, whatever the mode says. */
    private static final String UNVERIFYING = NonValidatingFactory.class.getName();

    /** Longest time that making a connection takes, in seconds, the driver's unit. */
    private static final String CONNECT_SECONDS = "1";

    /**
     * Longest time that the server may be silent in the middle of an answer, in seconds. Statements
     * end before that by the server's own limits, so it is a server that hangs.
     */
    private static final String SILENCE_SECONDS = "2";

    public PostgresUrl {
        hosts = List.copyOf(hosts);
    }

    /**
     * Reads a URL as the configuration has it.
     *
     * @throws IllegalArgumentException if it is none; the message does not repeat it
     */
    public static PostgresUrl parse(String url) {
        Matcher parts = URL.matcher(url);
        List<String> hosts =
                parts.matches() ? Stream.of(parts.group(2).split(",", -1)).toList() : List.of();
        if (hosts.isEmpty()
                || hosts.size() > MAX_HOSTS
                || !hosts.stream().allMatch(host -> HOST.matcher(host).matches())) {
            throw new IllegalArgumentException(
                    "write postgresql://user:password@host:5432/database, or several hosts with"
                            + " commas between them");
        }
        String query = parts.group(4) == null ? "" : parts.group(4);
        String info = parts.group(1);
        String user = null;
        String password = null;
        if (info != null) {
            int colon = info.indexOf(':');
            user = decode(colon < 0 ? info : info.substring(0, colon));
            password = colon < 0 ? null : decode(info.substring(colon + 1));
        }
        String shown = "postgresql://" + parts.group(2) + parts.group(3);
        return new PostgresUrl(hosts, parts.group(3) + query, shown, user, password);
    }

    /** The driver's URL of one server, without user and password. */
    public String jdbc(String host) {
        return "jdbc:postgresql://" + host + place;
    }

    /** What the driver is told beside the URL. */
    public Properties properties() {
        Properties properties = new Properties();
        if (user != null) {
            properties.setProperty("user", user);
        }
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", "holdfast");
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("loginTimeout", SILENCE_SECONDS);
        properties.setProperty("socketTimeout", SILENCE_SECONDS);
        properties.setProperty("tcpKeepAlive", "true");
        // A standby, or a primary that was told to write nothing, is refused when it is met.
        properties.setProperty("targetServerType", "primary");
        return properties;
    }

    /**
     * What is wrong with how the server is known, in words that say what to do, or null: whoever
     * sits between could be the database, since only {@code verify-ca} and {@code verify-full} look
     * at who it is (PostgreSQL, section 32.19). On this machine nobody sits between.
     */
    public @Nullable String unverified() {
        boolean here =
                hosts.stream()
                        .allMatch(
                                host ->
                                        host.matches(
                                                "(localhost|127\\.[0-9.]+|\\[::1])(:[0-9]+)?"));
        String lax = here ? null : lax();
        return lax == null
                ? null
                : "the connection to "
                        + shown
                        + " does not verify who answers there ("
                        + lax
                        + "): add ?sslmode=verify-full to store.url";
    }

    /** The setting by which the driver verifies nobody, or null; as the driver reads it. */
    private @Nullable String lax() {
        Properties told = Driver.parseURL(jdbc(hosts.getFirst()), properties());
        if (told == null) {
            return null;
        }
        try {
            SslMode mode = SslMode.of(told);
            if (!mode.verifyCertificate()) {
                return SSLMODE + mode.value;
            }
            return UNVERIFYING.equals(PGProperty.SSL_FACTORY.getOrNull(told))
                    ? PGProperty.SSL_FACTORY.getName() + "=" + UNVERIFYING
                    : null;
        } catch (PSQLException unknown) {
            // The driver says so when it is to connect.
            return null;
        }
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return shown;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
