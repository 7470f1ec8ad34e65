package dev.holdfast.app.command;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command prints. */
final class CommandText {
    private CommandText() {}

    /** What is for people, beside what a command answers. */
    static PrintWriter err(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        return spec.commandLine().getErr();
    }
}
