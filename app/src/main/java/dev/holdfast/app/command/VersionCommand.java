package dev.holdfast.app.command;

import dev.holdfast.app.terminal.Packaged;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast version}: the same as {@code --version}. */
@Command(
        name = "version",
        mixinStandardHelpOptions = true,
        description = "Says which version this is, and what it runs on")
public final class VersionCommand implements Runnable {
    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(Packaged.version());
            out.println(
                    "java "
                            + Runtime.version()
                            + " on "
                            + System.getProperty("os.name")
                            + " "
                            + System.getProperty("os.arch"));
            out.flush();
        }
    }
}
