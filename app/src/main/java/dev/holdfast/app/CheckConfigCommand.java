package dev.holdfast.app;

import dev.holdfast.app.config.Purpose;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast check-config}. */
@Command(
        name = "check-config",
        mixinStandardHelpOptions = true,
        description =
                "Reads the configuration, prints what is in force with secrets masked, or every"
                        + " mistake with its line")
final class CheckConfigCommand implements Runnable {
    @Mixin ConfigOption config = new ConfigOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        String yaml = config.load(Purpose.GATEWAY, StoreAccess::hasClients).asYaml();
        if (spec != null) {
            PrintWriter out = spec.commandLine().getOut();
            out.print(yaml);
            out.flush();
        }
    }
}
