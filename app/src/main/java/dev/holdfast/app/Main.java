package dev.holdfast.app;

import dev.holdfast.app.command.ServeCommand;
import dev.holdfast.app.serve.Logging;
import dev.holdfast.app.warmup.HeadStart;
import dev.holdfast.app.warmup.WarmUp;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the process starts. */
public final class Main {
    private Main() {}

    /** Runs one command; ends the process with 0 done, 1 failed, 2 wrong usage or configuration. */
    public static void main(String[] args) {
        boolean serves = isPlainServe(args);
        if (serves || isWarmUp(args)) {
            HeadStart.begin();
        }
        Logging.configure(System.getenv(Logging.VARIABLE));
        int status = serves ? serve(args) : run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Runs one command in this process. */
    static int run(String... args) {
        if (isWarmUp(args)) {
            return WarmUp.run();
        }
        return CommandLines.execute(CommandLines.root(), args.clone());
    }

    private static boolean isWarmUp(String[] args) {
        return args.length == 1 && args[0].equals(WarmUp.COMMAND);
    }

    /**
     * Whether it is {@code serve}, with {@code --config FILE} or without: then the start need not
     * wait for a command line to be set up.
     */
    private static boolean isPlainServe(String[] args) {
        boolean serve = args.length > 0 && args[0].equals("serve");
        return serve
                && (args.length == 1
                        || (args.length == 3
                                && args[1].equals("--config")
                                && !args[2].startsWith("-")));
    }

    private static int serve(String[] args) {
        String named = args.length == 3 ? args[2] : System.getenv("HOLDFAST_CONFIG");
        try {
            ServeCommand.serve(file(named));
            return 0;
        } catch (RuntimeException e) {
            return CommandLines.failed(e, new PrintWriter(System.err, true, System.err.charset()));
        }
    }

    private static @Nullable Path file(@Nullable String name) {
        return name == null || name.isEmpty() ? null : Path.of(name);
    }
}
