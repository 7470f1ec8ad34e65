package dev.holdfast.app.yaml;

import java.util.List;
import java.util.stream.Collectors;

/** Every mistake of a configuration, together. */
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings(
            "serial") // Never serialized; exceptions are Serializable by inheritance only.
    private final List<Mistake> mistakes;

    public ConfigurationException(List<Mistake> mistakes) {
        super(mistakes.stream().map(Mistake::toString).collect(Collectors.joining("\n")));
        this.mistakes = List.copyOf(mistakes);
    }

    /** The mistakes by place, at least one. */
    public List<Mistake> mistakes() {
        return mistakes;
    }
}
