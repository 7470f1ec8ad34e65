package dev.holdfast.app.command;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.terminal.Failure;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast check-config}. */
@Command(
        name = "check-config",
        mixinStandardHelpOptions = true,
        description =
                "Reads the configuration, prints what is in force with secrets masked, or every"
                        + " mistake with its line")
public final class CheckConfigCommand implements Runnable {
    @Mixin ConfigOption config = new ConfigOption();

    @Option(
            names = "--explain",
            description = "says what each status of an upstream would mean on each route instead")
    boolean explain;

    @Option(
            names = "--try",
            paramLabel = "ROUTE",
            description = "says what the answer in --answer would mean on this route instead")
    @Nullable String tried;

    @Option(
            names = "--answer",
            paramLabel = "FILE",
            description = "an answer as `curl -i` prints it, or the body of one with status 200")
    @Nullable Path answer;

    @Option(
            names = "--against",
            paramLabel = "URL",
            description = {
                "says what would change in the gateway that runs there instead: by a reload (SIGHUP),"
                        + " and what only a start changes; and which calls are owed of routes that"
                        + " would go",
                "It is told no value, and tells none. The status is 1 if it would refuse a reload."
            })
    @Nullable URI against;

    @Option(
            names = "--key",
            paramLabel = "K",
            defaultValue = "${env:HOLDFAST_KEY}",
            description = "an admin client's key for --against (default: $HOLDFAST_KEY)")
    @Nullable String key;

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if ((tried == null) != (answer == null)) {
            throw Failure.usage("holdfast: --try ROUTE and --answer FILE go together");
        }
        if (against != null && (explain || tried != null)) {
            throw Failure.usage("holdfast: --against goes without --explain and --try");
        }
        Configuration configuration = config.load(Purpose.GATEWAY, StoreAccess::hasClients);
        Rehearsal.of(configuration.settings());
        if (against != null) {
            compare(GatewayOption.of(against, key), configuration);
            return;
        }
        if (spec != null && tried != null && answer != null) {
            spec.commandLine().getOut().print(Trial.of(configuration.settings(), tried, answer));
            spec.commandLine().getOut().flush();
        } else if (spec != null) {
            PrintWriter out = spec.commandLine().getOut();
            out.print(explain ? Explanation.of(configuration.settings()) : configuration.asYaml());
            // As YAML's comments, so that the output can still be read by programs.
            for (String note : Explanation.surprises(configuration.settings())) {
                out.print("# " + note + "\n");
            }
            out.flush();
        }
    }

    private void compare(GatewayOption gateway, Configuration configuration) {
        Against compared = Against.ask(gateway, configuration);
        if (spec != null) {
            spec.commandLine().getOut().print(compared.text());
            spec.commandLine().getOut().flush();
        }
        if (compared.refused()) {
            throw Failure.failed(
                    "holdfast: the gateway at " + gateway.url + " would refuse a reload");
        }
    }
}
