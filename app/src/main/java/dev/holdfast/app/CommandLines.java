package dev.holdfast.app;

import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The commands and how their failures are told: one line on standard error, status 1 or 2. */
final class CommandLines {
    private CommandLines() {}

    static CommandLine root() {
        var root = new CommandLine(new Root());
        root.addSubcommand(new DemoCommand());
        root.addSubcommand(new ServeCommand());
        root.addSubcommand(new RatesCommand());
        root.addSubcommand(new SignCommand());
        root.addSubcommand(new StatusCommand());
        root.addSubcommand(new KeysCommand());
        root.addSubcommand(new SimulateCommand());
        root.addSubcommand(new CheckConfigCommand());
        return configured(root);
    }

    private static CommandLine configured(CommandLine root) {
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setParameterExceptionHandler(CommandLines::wrongUsage);
        root.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command.getErr()));
        return root;
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        var line = new StringBuilder("holdfast: ").append(oneLine(e.getMessage()));
        List<String> guesses =
                e instanceof UnmatchedArgumentException unmatched
                        ? unmatched.getSuggestions()
                        : List.of();
        if (!guesses.isEmpty()) {
            line.append("; did you mean ").append(guesses.getFirst()).append('?');
        }
        err.println(line.append(" (see `").append(name).append(" --help`)"));
        return Failure.USAGE;
    }

    private static int failed(Exception e, PrintWriter err) {
        if (e instanceof Failure failure) {
            err.println(failure.getMessage());
            return failure.status();
        }
        err.println(
                "holdfast: "
                        + e.getClass().getSimpleName()
                        + ": "
                        + oneLine(e.getMessage())
                        + "; this is a bug, HOLDFAST_LOG=debug shows where");
        if ("debug".equals(System.getenv("HOLDFAST_LOG"))) {
            e.printStackTrace(err);
        }
        return Failure.FAILED;
    }

    private static String oneLine(@Nullable String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }

    /** {@code holdfast} itself. */
    @Command(
            name = "holdfast",
            description =
                    "Stands between your programs and a slow, failing, quota-limited HTTP API, and"
                            + " keeps its promises.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            synopsisSubcommandLabel = "COMMAND",
            exitCodeOnInvalidInput = Failure.USAGE,
            footer = {
                "",
                "Exit status: 0 done, 1 failed, 2 wrong usage or configuration.",
                "Configuration: docs/configuration.md; logs as JSON: HOLDFAST_LOG=json"
            })
    static final class Root implements Runnable {
        @Spec @Nullable CommandSpec spec;

        @Override
        public void run() {
            if (spec != null) {
                throw new ParameterException(
                        spec.commandLine(), "which command? Try `holdfast demo`");
            }
        }
    }

    /** The version that Maven wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Packaged.version()};
        }
    }
}
