package dev.holdfast.app.command;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Policies;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Signals;
import dev.holdfast.app.yaml.Changed;
import dev.holdfast.app.yaml.KeyPath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration anew when the process is told to (SIGHUP), and has it in force as a
 * whole, or tells why not and leaves all as it was.
 */
final class Reloading {
    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    private static final String SIGNAL = "HUP";

    /** What a running process has made of these cannot be changed. */
    private static final Set<String> ONLY_AT_START = Set.of("server", "store", "rates", "tracing");

    /** Names that one line of the log has room for. */
    private static final int MOST_NAMES = 20;

    private final @Nullable Path file;
    private final Serve serve;
    private final ExecutorService one =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("holdfast-reload").daemon(true).factory());
    private Configuration inForce;

    Reloading(@Nullable Path file, Configuration inForce, Serve serve) {
        this.file = file;
        this.inForce = inForce;
        this.serve = serve;
    }

    /** From now on the signal has it read. */
    void begin() {
        if (!Signals.handle(SIGNAL, () -> one.execute(this::read))) {
            LOG.debug("the configuration is not read anew on SIGHUP: this system has none");
        }
    }

    private void read() {
        try {
            Configuration next =
                    ConfigOption.load(
                            file,
                            ConfigOption.variables(),
                            Purpose.GATEWAY,
                            StoreAccess::hasClients);
            List<KeyPath> changed = Changed.between(inForce.values(), next.values());
            List<String> refused = onlyAtStart(inForce.settings(), next.settings(), changed);
            if (!refused.isEmpty()) {
                throw Failure.usage("these want a restart: " + listed(refused));
            }
            serve.reload(next.settings(), ConfigOption.source(file));
            inForce = next;
            LOG.info("the configuration was read anew and is in force; changed: {}", told(changed));
        } catch (Failure e) {
            LOG.error(
                    "the configuration was not read anew, the one before stays in force: {}",
                    oneLine(e));
        } catch (RuntimeException e) {
            LOG.error("the configuration was not read anew, the one before stays in force", e);
        }
    }

    /** What of a change a running gateway cannot take, by its keys. */
    static List<String> onlyAtStart(Settings now, Settings next, List<KeyPath> changed) {
        List<String> names =
                new ArrayList<>(
                        changed.stream()
                                .filter(path -> ONLY_AT_START.contains(path.top()))
                                .map(KeyPath::toString)
                                .toList());
        if (names.isEmpty() && !now.store().url().equals(next.store().url())) {
            names.add("store.url");
        }
        if (names.isEmpty() && !Objects.equals(now.rates().apiKey(), next.rates().apiKey())) {
            names.add("rates.api-key");
        }
        if (names.isEmpty()) {
            // By something secret, or given by a variable: nothing of that is shown.
            addUnlessEqual(names, "tracing", now.tracing(), next.tracing());
            addUnlessEqual(names, "rates", now.rates(), next.rates());
            addUnlessEqual(names, "server", now.server(), next.server());
            addUnlessEqual(names, "store", now.store(), next.store());
        }
        if (!Policies.deliveryLease(now.webhooks())
                .equals(Policies.deliveryLease(next.webhooks()))) {
            names.add("webhooks.timeout (by so much)");
        }
        return names;
    }

    private static void addUnlessEqual(
            List<String> names, String name, @Nullable Object now, @Nullable Object next) {
        if (!Objects.equals(now, next)) {
            names.add(name + " (a value that is not shown)");
        }
    }

    private static String told(List<KeyPath> changed) {
        return changed.isEmpty()
                ? "nothing that is shown (secrets are not compared)"
                : listed(changed.stream().map(KeyPath::toString).toList());
    }

    private static String listed(List<String> names) {
        return names.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
                + (names.size() > MOST_NAMES
                        ? " and " + (names.size() - MOST_NAMES) + " more"
                        : "");
    }

    private static String oneLine(Failure e) {
        return String.valueOf(e.getMessage())
                .replaceFirst("^holdfast: ", "")
                .replaceAll("\\s*\\n\\s*", "; ")
                .replaceFirst(":; ", ": ");
    }
}
