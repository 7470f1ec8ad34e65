package dev.holdfast.app.command;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
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
    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            CommandLine root = spec.root().commandLine();
            PrintWriter out = spec.commandLine().getOut();
            out.print(AutoComplete.bash(root.getCommandName(), root));
            out.flush();
        }
    }
}
