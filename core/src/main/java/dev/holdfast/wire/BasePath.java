package dev.holdfast.wire;

import org.jspecify.annotations.Nullable;

/**
 * What stands before each path as callers see it, where a proxy serves Holdfast below a path:
 * empty, or like {@code /holdfast}.
 *
 * @param prefix begins with a slash and does not end with one, unless empty
 */
public record BasePath(String prefix) {
    /** Served at the root of its host. */
    public static final BasePath NONE = new BasePath("");

    /** Longest prefix, in characters. */
    public static final int MAX_CHARS = 200;

    public BasePath {
        if (prefix.length() > MAX_CHARS || !isPrefix(prefix)) {
            throw new IllegalArgumentException("a base path is like /holdfast, not " + prefix);
        }
    }

    /**
     * What a proxy names in its own words, with or without a slash at the end, or null: that is no
     * base path, and nothing of it gets into a link.
     */
    public static @Nullable BasePath named(String text) {
        boolean slash = text.endsWith("/");
        String prefix = slash ? text.substring(0, text.length() - 1) : text;
        return prefix.length() <= MAX_CHARS && isPrefix(prefix) ? new BasePath(prefix) : null;
    }

    private static boolean isPrefix(String text) {
        return text.matches("(/[A-Za-z0-9._~-]+)*") && !text.matches(".*/\\.{1,2}(/.*)?");
    }

    /** The path as callers see it. */
    public String outside(String path) {
        return prefix + path;
    }

    /** A path as it was asked, without the prefix if the proxy has left it on. */
    public String inside(String path) {
        boolean below = !prefix.isEmpty() && path.startsWith(prefix);
        boolean whole = below && path.length() == prefix.length();
        if (whole) {
            return "/";
        }
        return below && path.charAt(prefix.length()) == '/'
                ? path.substring(prefix.length())
                : path;
    }
}
