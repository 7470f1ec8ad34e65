package dev.holdfast.app.command;

import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast restore}. */
@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Puts a backup into the store's place (SQLite); the gateway is stopped first.",
            "What may have been called since the backup counts as called: calls begin again when"
                    + " the quota's windows are over. Calls that must not be made twice and were"
                    + " still to be made fail as uncertain, so that somebody looks."
        })
public final class RestoreCommand implements Runnable {
    private static final String STANDARD_INPUT = "-";

    @Parameters(
            paramLabel = "FILE",
            description = "a backup of `holdfast backup`, or another copy; - reads standard input")
    String file = "";

    @Option(
            names = "--force",
            description = "also if there is a store, which is put aside, beside the restored one")
    boolean force;

    @Mixin ConfigOption config = new ConfigOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        Settings settings = config.load(Purpose.STORE, _ -> false).settings();
        PrintWriter err = CommandText.err(spec);
        Path aside;
        try (CopyProgress progress = new CopyProgress(err);
                InputStream backup = open()) {
            long bytes = file.equals(STANDARD_INPUT) ? 0 : Files.size(Path.of(file));
            aside = StoreAccess.restore(settings, backup, bytes, force, progress);
        } catch (IOException e) {
            throw Failure.failed("holdfast: cannot read " + file + ": " + FileTrouble.words(e));
        }
        err.println(
                settings.store().sqlitePath()
                        + " is restored"
                        + (aside == null ? "." : "; what was there is " + aside + " now."));
        err.println(
                "Start the gateway: it takes asks at once, and calls each upstream again when the"
                        + " windows of its quota are over. GET /v1/upstreams says when.");
    }

    private InputStream open() throws IOException {
        return file.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(file));
    }
}
