package dev.holdfast.app.yaml;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * One pass over a configuration: what was read, under which names, and what was wrong. Sections
 * report here; nothing stops at the first mistake.
 */
public final class Reading {
    /** Variables of the {@code HOLDFAST_} family that are not keys. */
    private static final Set<String> OTHER_VARIABLES =
            Set.of(
                    "HOLDFAST_LOG",
                    "HOLDFAST_JAVA_OPTS",
                    "HOLDFAST_CONFIG",
                    "HOLDFAST_URL",
                    "HOLDFAST_KEY",
                    "HOLDFAST_HOME",
                    "HOLDFAST_CHROMIUM",
                    "HOLDFAST_PROMTOOL");

    /** What Kubernetes sets in every container when a service is called holdfast. */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("HOLDFAST_(SERVICE_(HOST|PORT).*|PORT|PORT_[0-9]+_.*)");

    final Variables variables;

    /** True while the reference is written: lists and maps show one sample item each. */
    final boolean documenting;

    private final Predicate<KeyPath> needed;
    private final List<Mistake> mistakes = new ArrayList<>();
    private final List<Value> values = new ArrayList<>();
    private final List<Runnable> endings = new ArrayList<>();
    private final Set<String> environmentNames = new LinkedHashSet<>();

    /**
     * A key that was read, with what is in force.
     *
     * @param shown the value as text, masked if secret; a list for keys with several values
     * @param written the same for comparing
     */
    public record Value(
            KeyPath path,
            String type,
            String otherwise,
            String meaning,
            List<String> shown,
            Written written,
            boolean several) {

        /** A map that is given and empty, which is not the same as none given. */
        static Value emptyMap(KeyPath path) {
            return new Value(
                    path, EMPTY_MAP, "", "", List.of(), new Written(List.of(EMPTY_MAP)), true);
        }

        /** A list that is given and empty. */
        static Value emptyList(KeyPath path) {
            return new Value(path, "", "", "", List.of(), new Written(List.of("[]")), true);
        }

        boolean isEmptyMap() {
            return type.equals(EMPTY_MAP);
        }

        private static final String EMPTY_MAP = "{}";
    }

    public Reading(Variables variables, boolean documenting, Predicate<KeyPath> needed) {
        this.variables = variables;
        this.documenting = documenting;
        this.needed = needed;
    }

    /** Has {@code report} run when all is read. */
    void atEnd(Runnable report) {
        endings.add(report);
    }

    void knows(KeyPath path) {
        environmentNames.add(path.environmentName());
    }

    void took(Value value) {
        values.add(value);
    }

    public void mistake(Origin origin, KeyPath path, String message) {
        if (!documenting) {
            mistakes.add(new Mistake(origin, path.toString(), message));
        }
    }

    public void mistake(Mistake mistake) {
        mistakes.add(mistake);
    }

    /** A variable that is not set; forgiven in sections that this command does not use. */
    void missing(Origin origin, KeyPath path, String name) {
        String instead =
                origin.source().equals(BuiltIn.SOURCE)
                        ? ", or name your own `upstreams` and `routes` in " + BuiltIn.DEFAULT_FILE
                        : "";
        if (needed.test(path)) {
            mistake(
                    origin,
                    path,
                    name
                            + " is not set: export "
                            + name
                            + "=… or put it into a file .env in the working folder"
                            + instead);
        }
    }

    public List<Value> values() {
        return values;
    }

    /** Looks for what nobody read, and returns all mistakes by place. */
    public List<Mistake> finish() {
        endings.forEach(Runnable::run);
        for (String name : variables.namesWith(KeyPath.ENVIRONMENT_PREFIX)) {
            if (!environmentNames.contains(name)
                    && !OTHER_VARIABLES.contains(name)
                    && !SERVICE_LINK.matcher(name).matches()) {
                Optional<String> guess = DidYouMean.among(environmentNames, name);
                mistake(
                        Origin.environment(name),
                        KeyPath.ROOT,
                        "names no key" + guess.map(g -> "; did you mean " + g + "?").orElse(""));
            }
        }
        return mistakes.stream().distinct().sorted(Mistake::byPlace).toList();
    }
}
