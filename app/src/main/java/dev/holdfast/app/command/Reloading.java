package dev.holdfast.app.command;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Fingerprint;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Signals;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration anew when the process is told to (SIGHUP), and has it in force as a
 * whole, or tells why not and leaves all as it was. What it is told before all runs, or while it
 * reads, it does once afterwards: then the file is as it was meant.
 */
final class Reloading {
    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    private static final String SIGNAL = "HUP";

    /** Names that one line of the log has room for. */
    private static final int MOST_NAMES = 20;

    /**
     * What runs.
     *
     * @param file of the configuration, or null: the usual one
     */
    private record Up(@Nullable Path file, Serve serve) {}

    private final AtomicBoolean told = new AtomicBoolean();
    private @Nullable Up up;
    private final ExecutorService one =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("holdfast-reload").daemon(true).factory());
    private @Nullable Configuration inForce;

    /** From now on the signal does not end the process any more. */
    static Reloading listening() {
        var reloading = new Reloading();
        if (!Signals.handle(SIGNAL, reloading::tell)) {
            LOG.info(
                    "the configuration is read at a start alone: SIGHUP does not come here (nohup,"
                            + " -Xrs, or a system without it)");
        }
        return reloading;
    }

    /** All runs: from now on the signal has it read, and what came before does so now. */
    void begin(@Nullable Path file, Configuration inForce, Serve serve) {
        one.execute(
                () -> {
                    this.inForce = inForce;
                    up = new Up(file, serve);
                    readIfTold();
                });
    }

    private void tell() {
        if (!told.getAndSet(true)) {
            one.execute(this::readIfTold);
        }
    }

    /** Before all runs it stays told. */
    private void readIfTold() {
        Up running = up;
        Configuration now = inForce;
        if (running != null && now != null && told.getAndSet(false)) {
            read(running.file(), running.serve(), now);
        }
    }

    private void read(@Nullable Path file, Serve serve, Configuration now) {
        try {
            Configuration next =
                    ConfigOption.load(
                            file,
                            ConfigOption.variables(),
                            Purpose.GATEWAY,
                            StoreAccess::hasClients);
            List<String> changed = Fingerprint.changed(now, next);
            List<String> refused = onlyAtStart(now.settings(), next.settings(), changed);
            if (!refused.isEmpty()) {
                throw Failure.usage("these want a restart: " + listed(refused));
            }
            serve.reload(next.settings(), ConfigOption.source(file));
            inForce = next;
            serve.compareWith(next, ConfigOption.source(file));
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
    static List<String> onlyAtStart(Settings now, Settings next, List<String> changed) {
        List<String> names = new ArrayList<>(Fingerprint.onlyAtStart(changed));
        if (names.isEmpty()) {
            // By a variable of the environment that is no key's, such as a proxy's.
            addUnlessEqual(names, "tracing", now.tracing(), next.tracing());
            addUnlessEqual(names, "rates", now.rates(), next.rates());
            addUnlessEqual(names, "server", now.server(), next.server());
            addUnlessEqual(names, "store", now.store(), next.store());
        }
        return names;
    }

    private static void addUnlessEqual(
            List<String> names, String name, @Nullable Object now, @Nullable Object next) {
        if (!Objects.equals(now, next)) {
            names.add(name + " (a value that is not shown)");
        }
    }

    private static String told(List<String> changed) {
        return changed.isEmpty() ? "nothing" : listed(changed);
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
