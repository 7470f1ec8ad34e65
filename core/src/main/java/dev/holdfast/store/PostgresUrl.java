package dev.holdfast.store;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where a PostgreSQL database is, from {@code postgresql://user:password@host:5432/database}; what
 * follows a {@code ?} goes to the driver as it is (for instance {@code sslmode=verify-full}).
 *
 * @param jdbc the driver's URL, without user and password
 * @param shown for messages, without secrets
 * @param user or null: the driver's default
 * @param password or null: none
 */
record PostgresUrl(String jdbc, String shown, @Nullable String user, @Nullable String password) {
    /** Longest time that making a connection takes, in seconds, the driver's unit. */
    private static final String CONNECT_SECONDS = "1";

    /**
     * Longest time that the server may be silent in the middle of an answer, in seconds. Statements
     * end before that by the server's own limits, so it is a server that hangs.
     */
    private static final String SILENCE_SECONDS = "2";

    /** Reads a URL as the configuration has it. */
    static PostgresUrl parse(String url) {
        URI uri = URI.create(url);
        // Not getHost(), which knows no name with an underscore.
        String authority = uri.getRawAuthority();
        int at = authority.lastIndexOf('@');
        String place = authority.substring(at + 1) + uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        String info = at < 0 ? null : authority.substring(0, at);
        String user = null;
        String password = null;
        if (info != null) {
            int colon = info.indexOf(':');
            user = decode(colon < 0 ? info : info.substring(0, colon));
            password = colon < 0 ? null : decode(info.substring(colon + 1));
        }
        return new PostgresUrl(
                "jdbc:postgresql://" + place + query, "postgresql://" + place, user, password);
    }

    /** What the driver is told beside the URL. */
    Properties properties() {
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
        return properties;
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
