package dev.holdfast.app.command;

import dev.holdfast.app.terminal.Progress;
import dev.holdfast.store.sqlite.SqliteCopies;
import java.io.PrintWriter;

/** Shows how far a backup or a restore is, in MiB. */
final class CopyProgress implements SqliteCopies.Progress, AutoCloseable {
    private static final int MIB = 1 << 20;

    private final PrintWriter err;
    private Progress bar;
    private long shown;

    CopyProgress(PrintWriter err) {
        this.err = err;
        bar = new Progress(err, Progress.onTerminal(), 0, 0);
    }

    static double mib(long bytes) {
        return (double) bytes / MIB;
    }

    @Override
    public synchronized void copied(long bytes, long of) {
        if (shown == 0 && of >= MIB) {
            bar = new Progress(err, Progress.onTerminal(), Math.toIntExact(of / MIB), 0);
            bar.begin();
        }
        for (long done = bytes / MIB; shown < done; shown++) {
            bar.step(true);
        }
    }

    @Override
    public synchronized void checking() {
        bar.close();
        bar = new Progress(err, Progress.onTerminal(), 0, 0);
        err.println("Checking every page of the copy ...");
        err.flush();
    }

    @Override
    public synchronized void close() {
        bar.close();
    }
}
