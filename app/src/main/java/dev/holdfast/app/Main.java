package dev.holdfast.app;

import java.util.Arrays;

/** Where the process starts. */
public final class Main {
    private Main() {}

    /** Runs one command; ends the process with 0 done, 1 failed, 2 wrong usage or configuration. */
    public static void main(String[] args) {
        Logging.configure(System.getenv("HOLDFAST_LOG"));
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Runs one command in this process. */
    static int run(String... args) {
        return CommandLines.root().execute(Arrays.copyOf(args, args.length));
    }
}
