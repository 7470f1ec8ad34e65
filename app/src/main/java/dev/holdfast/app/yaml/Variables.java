package dev.holdfast.app.yaml;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The named values that a configuration may use as {@code ${NAME}}: the environment, then the
 * system properties, then a {@code .env} file. The environment and the file also override keys.
 */
public final class Variables {
    /** The file of named values in the working folder. */
    public static final String ENV_FILE = ".env";

    /** Largest {@code .env} that is read, in bytes. */
    static final long MAX_ENV_FILE_BYTES = 1 << 20;

    private final Map<String, String> environment;
    private final Map<String, String> properties;

    private Variables(Map<String, String> environment, Map<String, String> properties) {
        this.environment = Map.copyOf(environment);
        this.properties = Map.copyOf(properties);
    }

    /** Variables from given values alone, as tests and the demo use them. */
    public static Variables of(Map<String, String> environment) {
        return new Variables(environment, Map.of());
    }

    /**
     * The process's own, with the {@code .env} of {@code folder} if there is one.
     *
     * @throws ConfigurationException if there is one that cannot be read
     */
    public static Variables ofProcess(Path folder) throws ConfigurationException {
        Properties system = System.getProperties();
        Map<String, String> properties = new LinkedHashMap<>();
        for (String name : system.stringPropertyNames()) {
            properties.put(name, system.getProperty(name));
        }
        Map<String, String> environment =
                new LinkedHashMap<>(readEnvFile(folder.resolve(ENV_FILE)));
        environment.putAll(System.getenv());
        return new Variables(environment, properties);
    }

    private static Map<String, String> readEnvFile(Path file) throws ConfigurationException {
        try {
            if (!Files.isRegularFile(file)) {
                return Map.of();
            }
            if (Files.size(file) > MAX_ENV_FILE_BYTES) {
                throw unreadable(file, "is larger than " + MAX_ENV_FILE_BYTES + " bytes");
            }
            return parseEnvFile(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw unreadable(file, "is not UTF-8 text; save it as UTF-8");
        } catch (IOException e) {
            throw unreadable(file, "cannot be read: " + e.getMessage());
        }
    }

    private static ConfigurationException unreadable(Path file, String why) {
        return new ConfigurationException(
                List.of(new Mistake(new Origin(file.toString(), 0), "", why)));
    }

    /** {@code NAME=value} lines; comments, {@code export} and quotes as shells have them. */
    public static Map<String, String> parseEnvFile(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String raw : text.split("\n", -1)) {
            String line = raw.strip();
            if (line.startsWith("export ")) {
                line = line.substring("export ".length()).strip();
            }
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                found.put(
                        line.substring(0, equals).strip(),
                        unquote(line.substring(equals + 1).strip()));
            }
        }
        return found;
    }

    private static String unquote(String value) {
        char first = value.isEmpty() ? ' ' : value.charAt(0);
        if (first == '"' || first == '\'') {
            int end = value.indexOf(first, 1);
            return end > 0 ? value.substring(1, end) : value;
        }
        int comment = value.indexOf(" #");
        return comment < 0 ? value : value.substring(0, comment).strip();
    }

    /**
     * The value of an environment variable (or of the {@code .env} file), or null if it is empty.
     */
    @Nullable String environment(String name) {
        return given(environment.get(name));
    }

    /** Without the line's end that a secret read from a file brings along; null if it is empty. */
    private static @Nullable String given(@Nullable String value) {
        if (value == null) {
            return null;
        }
        int end = value.length();
        while (end > 0 && (value.charAt(end - 1) == '\n' || value.charAt(end - 1) == '\r')) {
            end--;
        }
        return end == 0 ? null : value.substring(0, end);
    }

    /** Names of the environment's variables that begin with {@code prefix} and are set, sorted. */
    Set<String> namesWith(String prefix) {
        Set<String> names = new TreeSet<>();
        for (String name : environment.keySet()) {
            if (name.startsWith(prefix) && environment(name) != null) {
                names.add(name);
            }
        }
        return names;
    }

    /**
     * What became of a value with {@code ${…}} in it.
     *
     * @param secret whether a variable of it was set: what it holds may be a secret
     */
    record Expanded(String text, boolean secret) {}

    /**
     * Replaces each dollar-brace NAME, with or without a default after a colon; two dollars before
     * the brace stand for one and are not replaced. A variable that is empty counts as not set, as
     * compose files pass on what is missing.
     *
     * @param missing told each name that is not set and has no default
     */
    Expanded expand(String text, Consumer<String> missing) {
        if (text.indexOf("${") < 0) {
            return new Expanded(text, false);
        }
        var out = new StringBuilder();
        boolean secret = false;
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf("${", at);
            int close = open < 0 ? -1 : text.indexOf('}', open);
            if (close < 0) {
                break;
            }
            if (open > 0 && text.charAt(open - 1) == '$') {
                out.append(text, at, open - 1).append("${");
                at = open + 2;
                continue;
            }
            out.append(text, at, open);
            String inside = text.substring(open + 2, close);
            int colon = inside.indexOf(':');
            String name = colon < 0 ? inside : inside.substring(0, colon);
            String value = value(name);
            if (value != null) {
                out.append(value);
                secret = true;
            } else if (colon >= 0) {
                out.append(inside, colon + 1, inside.length());
            } else {
                missing.accept(name);
            }
            at = close + 1;
        }
        return new Expanded(out.append(text, at, text.length()).toString(), secret);
    }

    private @Nullable String value(String name) {
        String value = environment(name);
        return value == null ? given(properties.get(name)) : value;
    }

    /** Whether a variable, key or header of this name holds what nobody should read. */
    static boolean soundsSecret(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.contains("key")
                || lower.contains("secret")
                || lower.contains("token")
                || lower.contains("passw")
                || lower.contains("authorization")
                || lower.contains("credential")
                || lower.contains("cookie");
    }
}
