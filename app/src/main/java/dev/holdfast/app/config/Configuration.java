package dev.holdfast.app.config;

import dev.holdfast.app.yaml.BuiltIn;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.KeyPath;
import dev.holdfast.app.yaml.Mistake;
import dev.holdfast.app.yaml.Node;
import dev.holdfast.app.yaml.Origin;
import dev.holdfast.app.yaml.Reading;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.app.yaml.YamlTree;
import dev.holdfast.app.yaml.YamlWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that was read without a mistake.
 *
 * <p>Values come, in this order, from {@code HOLDFAST_…} environment variables (or the {@code .env}
 * file), the YAML file, the built-in configuration and each key's default.
 */
public final class Configuration {
    private static final String BUILT_IN = "holdfast-defaults.yaml";

    private final Settings settings;
    private final List<Reading.Value> values;

    private Configuration(Settings settings, List<Reading.Value> values) {
        this.settings = settings;
        this.values = values;
    }

    /**
     * Reads {@code file}, or {@code holdfast.yaml} of the working folder if it is there, or nothing
     * but the defaults.
     *
     * @param storeHasClients whether the store knows client keys; asked only when that decides
     *     whether the gateway may listen beyond loopback
     * @throws ConfigurationException with every mistake at once
     */
    public static Configuration load(
            @Nullable Path file,
            Variables variables,
            Purpose purpose,
            Predicate<StoreSettings> storeHasClients)
            throws ConfigurationException {
        Path path = file == null ? Path.of(BuiltIn.DEFAULT_FILE) : file;
        if (file == null && !Files.exists(path)) {
            return parse(BuiltIn.DEFAULT_FILE, "", variables, purpose, storeHasClients);
        }
        try {
            if (Files.size(path) > YamlTree.MAX_CHARS) {
                throw unreadable(path, "is larger than " + YamlTree.MAX_CHARS + " bytes");
            }
            return parse(
                    path.toString(), Files.readString(path), variables, purpose, storeHasClients);
        } catch (NoSuchFileException e) {
            throw unreadable(path, "does not exist; `holdfast init` writes one to start from");
        } catch (CharacterCodingException e) {
            throw unreadable(path, "is not UTF-8 text");
        } catch (IOException e) {
            throw unreadable(path, "cannot be read: " + e.getMessage());
        }
    }

    private static ConfigurationException unreadable(Path path, String why) {
        return new ConfigurationException(
                List.of(new Mistake(new Origin(path.toString(), 0), "", why)));
    }

    /**
     * Reads YAML text; {@code source} is what messages call it.
     *
     * @throws ConfigurationException with every mistake at once
     */
    public static Configuration parse(
            String source,
            String text,
            Variables variables,
            Purpose purpose,
            Predicate<StoreSettings> storeHasClients)
            throws ConfigurationException {
        var reading = new Reading(variables, false, purpose::uses);
        List<Mistake> written = new ArrayList<>();
        Optional<Node.Mapping> given = YamlTree.parse(source, text, written::add);
        if (given.isEmpty()) {
            // What else is wrong depends on what it was to say.
            throw new ConfigurationException(written);
        }
        written.forEach(reading::mistake);
        Node.Mapping merged = BuiltIn.under(given.get(), builtIn(), reading::mistake);
        var root = new Section(reading, KeyPath.ROOT, merged);
        Settings settings = Settings.read(root);
        checkDoor(root.section("server"), settings, purpose, storeHasClients);
        List<Mistake> mistakes = reading.finish();
        if (!mistakes.isEmpty()) {
            throw new ConfigurationException(mistakes);
        }
        return new Configuration(settings, reading.values());
    }

    private static void checkDoor(
            Section server,
            Settings settings,
            Purpose purpose,
            Predicate<StoreSettings> storeHasClients) {
        if (purpose == Purpose.STORE
                || settings.server().loopback()
                || !settings.clients().isEmpty()
                || settings.server().firstKey() != null
                || storeHasClients.test(settings.store())) {
            return;
        }
        server.mistake(
                "host",
                "`"
                        + settings.server().host()
                        + "` can be reached from other machines and no client has a key: run"
                        + " `holdfast keys create NAME`, or add one under `clients`, or have one made"
                        + " by server.first-key, or listen on 127.0.0.1");
    }

    static Node.Mapping builtIn() {
        List<Mistake> mistakes = new ArrayList<>();
        try (InputStream in =
                Objects.requireNonNull(
                        Configuration.class.getResourceAsStream("/" + BUILT_IN), BUILT_IN)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return YamlTree.parse(BuiltIn.SOURCE, text, mistakes::add)
                    .filter(_ -> mistakes.isEmpty())
                    .orElseThrow(() -> new IllegalStateException(mistakes.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The settings in force. */
    public Settings settings() {
        return settings;
    }

    /** Every key with what is in force, secrets masked. */
    public List<Reading.Value> values() {
        return List.copyOf(values);
    }

    /** What is in force as YAML, every key of it, with secrets masked. */
    public String asYaml() {
        return new YamlWriter().write(values);
    }
}
