package dev.holdfast.app.yaml;

/**
 * Where a value was written.
 *
 * @param source a file's name as the user gave it, or {@code environment variable NAME}
 * @param line the line in that file, from 1; 0 where there are no lines
 */
public record Origin(String source, int line) {
    static Origin environment(String name) {
        return new Origin("environment variable " + name, 0);
    }

    @Override
    public String toString() {
        return line == 0 ? source : source + ":" + line;
    }
}
