package dev.holdfast.app;

import dev.holdfast.app.batch.BatchCommand;
import dev.holdfast.app.command.BackupCommand;
import dev.holdfast.app.command.CheckConfigCommand;
import dev.holdfast.app.command.CompletionCommand;
import dev.holdfast.app.command.InitCommand;
import dev.holdfast.app.command.KeysCommand;
import dev.holdfast.app.command.RatesCommand;
import dev.holdfast.app.command.RestoreCommand;
import dev.holdfast.app.command.ServeCommand;
import dev.holdfast.app.command.StatusCommand;
import dev.holdfast.app.command.VersionCommand;
import dev.holdfast.app.demo.DemoCommand;
import dev.holdfast.app.operate.CancelCommand;
import dev.holdfast.app.operate.DeliveriesCommand;
import dev.holdfast.app.operate.OperationsCommand;
import dev.holdfast.app.operate.RequestsCommand;
import dev.holdfast.app.operate.RetryCommand;
import dev.holdfast.app.operate.SwitchCommand;
import dev.holdfast.app.sign.SignCommand;
import dev.holdfast.app.simulate.SimulateCommand;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.app.terminal.StandardOutput;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands and how their failures are told: one line on standard error, status 1 or 2. */
public final class CommandLines {
    private CommandLines() {}

    public static CommandLine root() {
        var root = new CommandLine(new Root());
        root.addSubcommand(new DemoCommand());
        root.addSubcommand(new ServeCommand());
        root.addSubcommand(new RatesCommand());
        root.addSubcommand(new SignCommand());
        root.addSubcommand(new BatchCommand());
        root.addSubcommand(new StatusCommand());
        root.addSubcommand(new RequestsCommand());
        root.addSubcommand(new RetryCommand());
        root.addSubcommand(new CancelCommand());
        root.addSubcommand(new OperationsCommand());
        root.addSubcommand(new SwitchCommand.Pause());
        root.addSubcommand(new SwitchCommand.Resume());
        root.addSubcommand(new DeliveriesCommand());
        root.addSubcommand(new KeysCommand());
        root.addSubcommand(new BackupCommand());
        root.addSubcommand(new RestoreCommand());
        root.addSubcommand(new SimulateCommand());
        root.addSubcommand(new CheckConfigCommand());
        root.addSubcommand(new InitCommand());
        root.addSubcommand(new VersionCommand());
        root.addSubcommand(new CompletionCommand());
        root.addSubcommand(new CommandLine.HelpCommand());
        return configured(root);
    }

    /**
     * Runs one command to its end: 0 done, 1 failed, 2 wrong usage or configuration. What it wrote
     * and nobody got is a failure, too.
     */
    static int execute(CommandLine root, String... args) {
        int status = root.execute(args);
        if (root.getOut().checkError() && status == 0) { // flushes first
            root.getErr().println(StandardOutput.LOST);
            return Failure.FAILED;
        }
        return status;
    }

    private static CommandLine configured(CommandLine root) {
        // A message that begins with @ is a message, not a file of arguments.
        root.setExpandAtFiles(false);
        root.setOut(StandardOutput.open());
        root.setCaseInsensitiveEnumValuesAllowed(true);
        WrongUsage.numbers(root);
        root.setParameterExceptionHandler(WrongUsage::tell);
        root.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command.getErr()));
        return root;
    }

    static int failed(Exception e, PrintWriter err) {
        if (e instanceof Failure failure) {
            err.println(WrongUsage.masked(String.valueOf(failure.getMessage())));
            return failure.status();
        }
        err.println(
                "holdfast: "
                        + e.getClass().getSimpleName()
                        + ": "
                        + WrongUsage.masked(WrongUsage.oneLine(e.getMessage()))
                        + "; this is a bug, HOLDFAST_LOG=debug shows where");
        if ("debug".equals(System.getenv("HOLDFAST_LOG"))) {
            e.printStackTrace(err);
        }
        return Failure.FAILED;
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
                "`holdfast help COMMAND` says more. To begin: `holdfast demo`, then `holdfast"
                        + " init`.",
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
