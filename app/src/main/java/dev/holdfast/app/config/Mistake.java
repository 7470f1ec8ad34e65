package dev.holdfast.app.config;

import java.util.Comparator;

/**
 * One thing that is wrong with the configuration.
 *
 * @param origin where
 * @param path the key's full path, such as {@code server.port}; empty for the file as a whole
 * @param message what is wrong and what to do, one line
 */
public record Mistake(Origin origin, String path, String message) {
    static final Comparator<Mistake> BY_PLACE =
            Comparator.comparing((Mistake m) -> m.origin().source())
                    .thenComparingInt(m -> m.origin().line());

    /** The line in the file, from 1; 0 where there are no lines. */
    public int line() {
        return origin.line();
    }

    /** The mistake as one line, in the form editors and terminals link: {@code file:line: …}. */
    @Override
    public String toString() {
        return origin + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
