package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;

/**
 * What is written to standard error.
 *
 * @param format lines for people or for machines
 * @param level how much
 */
public record LoggingSettings(Format format, Level level) {
    /** How a line looks. */
    public enum Format {
        /** For people. */
        TEXT,
        /** One JSON object a line. */
        JSON
    }

    /** How much is written. */
    public enum Level {
        /** What an operator may want to act on. */
        WARN,
        /** And what happens once in a while. */
        INFO,
        /** And each answer. */
        DEBUG
    }

    static LoggingSettings read(Section s) {
        return new LoggingSettings(
                s.field("format", "lines for people, or one JSON object a line")
                        .orElse("text")
                        .choice(Format.class, Format.TEXT),
                s.field("level", "how much is written; `debug` has a line for each answer")
                        .orElse("info")
                        .choice(Level.class, Level.INFO));
    }
}
