package dev.holdfast.app.config;

import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Mistake;
import dev.holdfast.app.yaml.Variables;
import java.util.List;
import java.util.Map;

/** What the tests of this package share: YAML text in, settings or mistakes as lines out. */
final class ReadingConfigurations {
    static final Map<String, String> KEY = Map.of("SYNTHESIA_API_KEY", "upstream-secret");

    private ReadingConfigurations() {}

    static Configuration read(String yaml, Map<String, String> environment) {
        try {
            return Configuration.parse(
                    "holdfast.yaml",
                    yaml,
                    Variables.of(environment),
                    Purpose.GATEWAY,
                    store -> false);
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    static Settings settings(String yaml) {
        return read(yaml, KEY).settings();
    }

    static List<String> mistakes(String yaml) {
        return mistakes(yaml, KEY);
    }

    static List<String> mistakes(String yaml, Map<String, String> environment) {
        return mistakes(yaml, environment, Purpose.GATEWAY);
    }

    static List<String> mistakes(String yaml, Map<String, String> environment, Purpose purpose) {
        try {
            Configuration.parse(
                    "holdfast.yaml", yaml, Variables.of(environment), purpose, store -> false);
            return List.of();
        } catch (ConfigurationException e) {
            return e.mistakes().stream().map(Mistake::toString).toList();
        }
    }
}
