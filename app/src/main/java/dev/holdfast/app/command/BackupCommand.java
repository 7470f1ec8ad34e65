package dev.holdfast.app.command;

import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.serve.StoreAccess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast backup}. */
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = "Copies the store (SQLite) to a file, also while a gateway runs on it")
public final class BackupCommand implements Runnable {
    @Parameters(
            paramLabel = "FILE",
            description = "where to; what is there already is never written over")
    Path file = Path.of("");

    @Mixin ConfigOption config = new ConfigOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        StoreSettings store = config.load(Purpose.STORE, _ -> false).settings().store();
        PrintWriter err = CommandText.err(spec);
        long bytes;
        try (CopyProgress progress = new CopyProgress(err)) {
            bytes = StoreAccess.backUp(store, file, progress);
        }
        err.println(
                String.format(
                        Locale.ROOT,
                        "%s is a backup of %s, %.1f MiB, checked and on disk. It holds secrets and"
                                + " what callers sent.",
                        file,
                        store.sqlitePath(),
                        CopyProgress.mib(bytes)));
    }
}
