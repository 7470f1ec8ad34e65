package dev.holdfast.app.yaml;

/**
 * One thing that is wrong with the configuration.
 *
 * @param origin where
 * @param path the key's full path, such as {@code server.port}; empty for the file as a whole
 * @param message what is wrong and what to do, one line
 */
public record Mistake(Origin origin, String path, String message) {
    /** Compares by source, then by line. */
    static int byPlace(Mistake one, Mistake other) {
        int sources = one.origin().source().compareTo(other.origin().source());
        return sources != 0 ? sources : Integer.compare(one.line(), other.line());
    }

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
