package dev.holdfast.app.yaml;

import dev.holdfast.outbound.Authority;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One key while it is read: found in the environment or the file, expanded, parsed, checked. A
 * value that is wrong is reported and the default (or a harmless stand-in) goes on in its place, so
 * that the rest can be checked too.
 */
public final class Field {
    private static final int MAX_VALUES = 10_000;

    /** How the types begin whose values are figures and words of ours. */
    private static final List<String> OPEN_TYPES =
            List.of(
                    "integer",
                    "number",
                    "true or false",
                    "duration",
                    "size",
                    "one of",
                    "list of durations",
                    "list of integers");

    private final Reading reading;
    private final KeyPath path;
    private final Node.@Nullable Entry entry;
    private final Origin section;
    private final String meaning;
    private @Nullable String otherwise;
    private boolean required;
    private boolean secret;
    private boolean quoted = true;
    private boolean url;
    private boolean open;
    private Predicate<String> harmless = _ -> false;

    Field(
            Reading reading,
            KeyPath path,
            Node.@Nullable Entry entry,
            Origin section,
            String meaning) {
        this.reading = reading;
        this.path = path;
        this.entry = entry;
        this.section = section;
        this.meaning = meaning;
        this.secret = Variables.soundsSecret(path.toString().replaceAll(".*\\.", ""));
        reading.knows(path);
    }

    /** The value when none is given, written as in the file. */
    public Field orElse(String text) {
        this.otherwise = text;
        return this;
    }

    public Field required() {
        this.required = true;
        return this;
    }

    /** For keys whose value is no secret, whatever their name and wherever it comes from. */
    public Field shown() {
        this.secret = false;
        this.open = true;
        return this;
    }

    /** For keys whose value is a secret unless it is one of these. */
    Field maskedUnless(Predicate<String> harmless) {
        this.secret = true;
        this.harmless = harmless;
        return this;
    }

    /** For keys whose name does not sound secret and whose value is. */
    public Field masked() {
        this.secret = true;
        return this;
    }

    /** For keys whose value may hold a secret anywhere when it is wrong. */
    public Field neverQuoted() {
        this.quoted = false;
        return this;
    }

    public String text() {
        return one("text", text -> text, "");
    }

    public @Nullable String optionalText() {
        return raw("text").map(Raw::text).orElse(null);
    }

    public int integer(int min, int max) {
        return one(
                "integer, " + min + " to " + max, text -> checked(parseInt(text), min, max), min);
    }

    /** An integer, or null when none is given. */
    public @Nullable Integer optionalInteger(int min, int max) {
        String type = "integer, " + min + " to " + max;
        Optional<Raw> raw = raw(type);
        return raw.isEmpty()
                ? null
                : parsed(raw.get(), type, text -> checked(parseInt(text), min, max), min);
    }

    public double decimal(double min, double max) {
        return one(
                "number, " + min + " to " + max,
                text -> {
                    double value = Double.parseDouble(text);
                    if (!(value >= min && value <= max)) {
                        throw new IllegalArgumentException("not between " + min + " and " + max);
                    }
                    return value;
                },
                min);
    }

    public boolean flag() {
        return one(
                "true or false",
                text ->
                        switch (text.toLowerCase(Locale.ROOT)) {
                            case "true", "yes", "on", "1" -> true;
                            case "false", "no", "off", "0" -> false;
                            default -> throw new IllegalArgumentException("write true or false");
                        },
                false);
    }

    public Duration duration(Duration min, Duration max) {
        return one(
                "duration, " + Units.write(min) + " to " + Units.write(max),
                text -> Units.duration(text, min, max),
                min);
    }

    public List<Duration> durations(Duration min, Duration max) {
        return many(
                "list of durations, " + Units.write(min) + " to " + Units.write(max),
                text -> Units.duration(text, min, max));
    }

    public long bytes(long min, long max) {
        return one(
                "size, " + min + " to " + max + " bytes",
                text ->
                        checked(
                                Units.bytes(text)
                                        .orElseThrow(
                                                () ->
                                                        new IllegalArgumentException(
                                                                "write bytes, or 64KiB, 1MB and"
                                                                        + " the like")),
                                min,
                                max),
                min);
    }

    public <E extends Enum<E>> E choice(Class<E> type, E standIn) {
        String words =
                Arrays.stream(type.getEnumConstants())
                        .map(Field::word)
                        .collect(Collectors.joining(", "));
        return one(
                "one of " + words,
                text -> {
                    for (E constant : type.getEnumConstants()) {
                        if (word(constant).equals(text)) {
                            return constant;
                        }
                    }
                    throw new IllegalArgumentException("write one of " + words);
                },
                standIn);
    }

    /** How the file names a constant: {@code EXCHANGERATE_HOST} is {@code exchangerate-host}. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public URI uri(String... schemes) {
        url = true;
        return one(
                "URL (" + String.join(", ", schemes) + ")",
                text -> uriOf(text, schemes),
                URI.create("http://localhost"));
    }

    public @Nullable URI optionalUri(String... schemes) {
        url = true;
        String type = "URL (" + String.join(", ", schemes) + ")";
        Optional<Raw> raw = raw(type);
        return raw.isEmpty()
                ? null
                : parsed(
                        raw.get(),
                        type,
                        text -> uriOf(text, schemes),
                        URI.create("http://localhost"));
    }

    List<Integer> integers(int min, int max) {
        return many(
                "list of integers, " + min + " to " + max,
                text -> checked(parseInt(text), min, max));
    }

    /** Several words; {@code check} throws {@link IllegalArgumentException} with the reason. */
    public <T> List<T> words(String type, Parser<T> check) {
        return many(type, check);
    }

    /** Any other type; {@code parser} throws {@link IllegalArgumentException} with the reason. */
    public <T> T one(String type, Parser<T> parser, T standIn) {
        Optional<Raw> raw = raw(type);
        if (raw.isPresent()) {
            return parsed(raw.get(), type, parser, standIn);
        }
        return standIn;
    }

    /** Turns text into a value, or says in an {@link IllegalArgumentException} why it cannot. */
    public interface Parser<T> {
        T parse(String text);
    }

    private <T> T parsed(Raw raw, String type, Parser<T> parser, T standIn) {
        try {
            return parser.parse(raw.text());
        } catch (NumberFormatException e) {
            wrong(raw, "is not a number", type);
        } catch (IllegalArgumentException e) {
            wrong(raw, String.valueOf(e.getMessage()), type);
        }
        return standIn;
    }

    private <T> List<T> many(String type, Parser<T> parser) {
        List<T> values = new ArrayList<>();
        for (Raw raw : rawItems(type)) {
            try {
                values.add(parser.parse(raw.text()));
            } catch (NumberFormatException e) {
                wrong(raw, "is not a number", type);
            } catch (IllegalArgumentException e) {
                wrong(raw, String.valueOf(e.getMessage()), type);
            }
        }
        return List.copyOf(values);
    }

    private void wrong(Raw raw, String why, String type) {
        String value =
                raw.secret() || secret || !quoted ? "its value" : Redaction.quoted(raw.text(), url);
        reading.mistake(raw.origin(), path, value + ": " + why + " (" + type + ")");
    }

    /** A value found: expanded text, where it was written, whether it holds a secret. */
    private record Raw(String text, Origin origin, boolean secret) {}

    private Optional<Raw> raw(String type) {
        Optional<Raw> found = find(type);
        if (found.isEmpty() && required) {
            reading.mistake(section, path, "is missing (" + type + ")");
        }
        if (found.isEmpty() && otherwise != null && !otherwise.isEmpty()) {
            found = nonEmpty(expand(otherwise, section));
        }
        took(type, found.map(List::of).orElse(List.of()), false);
        return found;
    }

    private Optional<Raw> find(String type) {
        String variable = path.environmentName();
        String override = reading.variables.environment(variable);
        if (override != null) {
            return nonEmpty(expand(override, Origin.environment(variable)));
        }
        if (entry == null) {
            return Optional.empty();
        }
        if (!(entry.value() instanceof Node.Scalar scalar)) {
            reading.mistake(
                    entry.origin(),
                    path,
                    "expected a single value (" + type + "), found " + entry.value().kind());
            required = false; // said already, in clearer words
            return Optional.empty();
        }
        return scalar.isNull() ? Optional.empty() : nonEmpty(expand(scalar.text(), entry.origin()));
    }

    private List<Raw> rawItems(String type) {
        List<Raw> found = new ArrayList<>();
        String variable = path.environmentName();
        String override = reading.variables.environment(variable);
        Node node = entry == null ? null : entry.value();
        if (override != null) {
            split(expand(override, Origin.environment(variable)), found);
        } else if (node instanceof Node.Sequence sequence) {
            for (Node item : sequence.items()) {
                if (item instanceof Node.Scalar scalar) {
                    found.add(expand(scalar.text(), item.origin()));
                } else {
                    reading.mistake(item.origin(), path, "expected a value, found " + item.kind());
                }
            }
        } else if (node instanceof Node.Scalar scalar && !scalar.isNull()) {
            split(expand(scalar.text(), scalar.origin()), found);
        } else if (node instanceof Node.Mapping) {
            reading.mistake(node.origin(), path, "expected a list (" + type + ")");
        } else if (otherwise != null) {
            split(new Raw(otherwise, section, false), found);
        }
        if (found.size() > MAX_VALUES) {
            reading.mistake(section, path, "has more than " + MAX_VALUES + " values");
            found = found.subList(0, MAX_VALUES);
        }
        took(type, found, true);
        return found;
    }

    private static void split(Raw list, List<Raw> into) {
        String text = list.text().strip();
        if (text.startsWith("[") && text.endsWith("]")) {
            text = text.substring(1, text.length() - 1);
        }
        for (String item : text.split(",", -1)) {
            if (!item.isBlank()) {
                into.add(new Raw(item.strip(), list.origin(), list.secret()));
            }
        }
    }

    private Raw expand(String text, Origin origin) {
        boolean[] missing = {false};
        Variables.Expanded expanded =
                reading.variables.expand(
                        text,
                        name -> {
                            missing[0] = true;
                            reading.missing(origin, path, name);
                        });
        if (missing[0]) {
            required = false; // said already, in clearer words
            return new Raw("", origin, true);
        }
        return new Raw(expanded.text(), origin, expanded.secret());
    }

    private static Optional<Raw> nonEmpty(Raw raw) {
        return raw.text().isEmpty() ? Optional.empty() : Optional.of(raw);
    }

    private void took(String type, List<Raw> found, boolean several) {
        List<String> shown =
                found.stream()
                        .map(
                                raw ->
                                        isHidden(raw, type)
                                                ? Redaction.MASK
                                                : Redaction.masked(raw.text()))
                        .toList();
        String fallback = required ? "required" : otherwise == null ? "" : otherwise;
        Written written = written(found, several);
        reading.took(new Reading.Value(path, type, fallback, meaning, shown, written, several));
    }

    /** Nothing where it is the default, which another version may have as another. */
    private Written written(List<Raw> found, boolean several) {
        List<Raw> usual = new ArrayList<>();
        if (otherwise != null && several) {
            split(new Raw(otherwise, section, false), usual);
        } else if (otherwise != null) {
            usual.add(new Raw(otherwise, section, false));
        }
        List<String> texts = texts(found);
        return texts.equals(texts(usual)) ? Written.NOTHING : new Written(texts);
    }

    private static List<String> texts(List<Raw> found) {
        return found.stream().map(Raw::text).toList();
    }

    /** What came through a variable is hidden unless its type can hold no secret. */
    private boolean isHidden(Raw raw, String type) {
        if (raw.text().isEmpty()) {
            return raw.secret();
        }
        boolean mayBeShown = open || OPEN_TYPES.stream().anyMatch(type::startsWith);
        return (raw.secret() && !mayBeShown) || (secret && !harmless.test(raw.text()));
    }

    private static int parseInt(String text) {
        return Integer.parseInt(text.replace("_", ""));
    }

    private static int checked(int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("not between " + min + " and " + max);
        }
        return value;
    }

    private static long checked(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("not between " + min + " and " + max + " bytes");
        }
        return value;
    }

    private static URI uriOf(String text, String... schemes) {
        try {
            var uri = new URI(text);
            if (uri.getScheme() == null
                    || !List.of(schemes).contains(uri.getScheme().toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException(
                        "must begin with " + String.join(":// or ", schemes) + "://");
            }
            if (Authority.of(uri).isEmpty()) {
                throw new IllegalArgumentException(
                        "names no host (letters, digits, hyphens, underscores and dots, or an"
                                + " address), or no port between 1 and 65535");
            }
            return uri;
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("is not a URL: " + e.getReason(), e);
        }
    }
}
