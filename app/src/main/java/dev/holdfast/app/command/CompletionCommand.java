package dev.holdfast.app.command;

import dev.holdfast.app.terminal.Failure;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast completion}: what bash or zsh needs to complete commands and options. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a script by which bash or zsh completes commands and options.",
            "In bash, and in zsh after `autoload -U +X bashcompinit && bashcompinit`: source"
                    + " <(holdfast completion)"
        })
public final class CompletionCommand implements Runnable {
    /** Shells that read the script, which is one and the same. */
    private static final List<String> SHELLS = List.of("bash", "zsh");

    @Parameters(arity = "0..1", paramLabel = "SHELL", description = "bash or zsh (default: both)")
    @Nullable String shell;

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (shell != null && !SHELLS.contains(shell)) {
            throw Failure.usage(
                    "holdfast: there is completion for "
                            + String.join(" and ", SHELLS)
                            + ", none for "
                            + shell);
        }
        if (spec != null) {
            CommandLine root = spec.root().commandLine();
            PrintWriter out = spec.commandLine().getOut();
            out.print(AutoComplete.bash(root.getCommandName(), root));
            out.flush();
        }
    }
}
