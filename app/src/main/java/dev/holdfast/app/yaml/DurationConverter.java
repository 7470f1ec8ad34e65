package dev.holdfast.app.yaml;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations on the command line, written as in the configuration: {@code 1800ms}, {@code 60s}. */
public final class DurationConverter implements ITypeConverter<Duration> {
    /** Each unit once, from what people say to what programs do. */
    private static final String EXAMPLES = "90d, 2h, 5m, 60s or 100ms";

    @Override
    public Duration convert(String text) {
        return Units.duration(text)
                .orElseThrow(
                        () ->
                                new TypeConversionException(
                                        "'" + text + "' is no duration; write " + EXAMPLES));
    }
}
