package dev.holdfast.app.command;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.BuiltIn;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Mistake;
import dev.holdfast.app.yaml.Variables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --config FILE}, and the configuration it leads to. */
final class ConfigOption {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "${env:HOLDFAST_CONFIG}",
            description =
                    "The configuration; without it holdfast.yaml in the working folder if there,"
                            + " else the defaults")
    @Nullable Path file;

    Configuration load(Purpose purpose, Predicate<StoreSettings> storeHasClients) {
        return load(file, variables(), purpose, storeHasClients);
    }

    /** The process's own. */
    static Variables variables() {
        try {
            return Variables.ofProcess(Path.of(""));
        } catch (ConfigurationException e) {
            throw Failure.usage(told(e.mistakes()));
        }
    }

    static Configuration load(
            @Nullable Path file,
            Variables variables,
            Purpose purpose,
            Predicate<StoreSettings> storeHasClients) {
        try {
            return Configuration.load(file, variables, purpose, storeHasClients);
        } catch (ConfigurationException e) {
            throw Failure.usage(told(e.mistakes()));
        }
    }

    /** Where the configuration of {@code --config} or of no option comes from, for people. */
    static String source(@Nullable Path file) {
        if (file != null) {
            return file.toString();
        }
        Path path = Path.of(BuiltIn.DEFAULT_FILE);
        return Files.exists(path)
                ? path.toAbsolutePath().toString()
                : "the built-in one (`holdfast init` writes one of your own)";
    }

    private static String told(List<Mistake> mistakes) {
        if (mistakes.size() == 1) {
            return "holdfast: " + mistakes.getFirst();
        }
        return mistakes.stream()
                .map(mistake -> "\n  " + mistake)
                .collect(Collectors.joining("", "holdfast: " + mistakes.size() + " mistakes:", ""));
    }
}
