package dev.holdfast.app.operate;

import dev.holdfast.app.yaml.DurationConverter;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which requests: options that {@code requests}, {@code retry} and {@code cancel} share. */
final class RequestFilter {
    @Option(
            names = "--status",
            paramLabel = "S",
            description = "queued, running, retrying, succeeded, failed, expired or cancelled")
    @Nullable String status;

    @Option(
            names = "--reason",
            paramLabel = "R",
            description =
                    "why it failed: rejected, uncertain, max-attempts, give-up-after,"
                            + " result-too-large or result-unreadable")
    @Nullable String reason;

    @Option(names = "--route", paramLabel = "PATH", description = "of this route")
    @Nullable String route;

    @Option(names = "--partition", paramLabel = "KEY", description = "of the partition of this key")
    @Nullable String partition;

    @Option(names = "--client", paramLabel = "NAME", description = "of this client (admin keys)")
    @Nullable String client;

    @Option(
            names = "--since",
            paramLabel = "T",
            converter = Moment.class,
            description = "accepted since then: 2h or 7d (ago), or a time")
    @Nullable Instant since;

    @Option(
            names = "--until",
            paramLabel = "T",
            converter = Moment.class,
            description = "accepted before then")
    @Nullable Instant until;

    /** By the API's names; only what is said. */
    Map<String, String> said() {
        Map<String, String> said = new LinkedHashMap<>();
        put(said, "status", status);
        put(said, "reason", reason);
        put(said, "route", route);
        put(said, "partition", partition);
        put(said, "client", client);
        put(said, "since", since);
        put(said, "until", until);
        return said;
    }

    private static void put(Map<String, String> said, String name, @Nullable Object value) {
        if (value != null) {
            said.put(name, value.toString());
        }
    }

    /** A time, or how long ago it was. */
    static final class Moment implements ITypeConverter<Instant> {
        @Override
        public Instant convert(String value) {
            try {
                return OffsetDateTime.parse(value).toInstant();
            } catch (DateTimeParseException e) {
                return ago(value);
            }
        }

        private static Instant ago(String value) {
            try {
                Duration ago = new DurationConverter().convert(value);
                return Instant.now().minus(ago).truncatedTo(ChronoUnit.MILLIS);
            } catch (RuntimeException e) {
                throw new TypeConversionException(
                        "'"
                                + value
                                + "' is no time; write how long ago, such as 2h or 7d, or"
                                + " 2026-01-31T12:00:00Z");
            }
        }
    }
}
