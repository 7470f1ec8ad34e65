package dev.holdfast.app;

import dev.holdfast.app.config.ClientSettings;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Clients.ClientRecord;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast keys}: client API keys in the store. A running gateway sees changes at once. */
@Command(
        name = "keys",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Client API keys; a key is shown once, only its hash is stored",
        subcommands = {
            KeysCommand.Create.class,
            KeysCommand.ListAll.class,
            KeysCommand.Revoke.class
        })
final class KeysCommand implements Runnable {
    private static final int MAX_PENDING = 100_000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                required(spec).commandLine(), "which one: create, list or revoke?");
    }

    private static CommandSpec required(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        return spec;
    }

    private static Settings settings(ConfigOption config) {
        return config.load(Purpose.STORE, store -> false).settings();
    }

    /** A configured client's key is the configuration's, whatever the store holds. */
    private static void refuseConfigured(String name, Settings settings) {
        for (ClientSettings client : settings.clients()) {
            if (client.name().equals(name)) {
                throw Failure.failed(
                        "holdfast: "
                                + name
                                + " is a client of "
                                + client.place()
                                + "; change it there and restart the gateway");
            }
        }
    }

    /** {@code keys create NAME}. */
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Makes a client and prints its key, which is not shown again")
    static final class Create implements Runnable {
        @Parameters(paramLabel = "NAME", description = "what logs, metrics and the console call it")
        String name = "";

        @Option(
                names = "--admin",
                description = "may pause upstreams, see all requests, use the console")
        boolean admin;

        @Option(
                names = "--max-pending",
                defaultValue = "" + MAX_PENDING,
                description = "requests it may have unfinished (default: ${DEFAULT-VALUE})")
        int maxPending = MAX_PENDING;

        @Mixin ConfigOption config = new ConfigOption();

        @Spec @Nullable CommandSpec spec;

        @Override
        public void run() {
            if (!NAME.matcher(name).matches()) {
                throw Failure.usage(
                        "holdfast: a client's name is 1 to 64 letters, digits, `.`, `_`, `-`");
            }
            if (maxPending < 1) {
                throw Failure.usage("holdfast: --max-pending is at least 1");
            }
            Settings settings = settings(config);
            refuseConfigured(name, settings);
            String key = ClientKey.create(new SecureRandom());
            StoreAccess.withClients(
                    settings.store(),
                    clients -> {
                        boolean taken =
                                clients.list().stream()
                                        .anyMatch(
                                                c -> c.name().equals(name) && c.keyHash() != null);
                        if (taken) {
                            throw Failure.failed(
                                    "holdfast: there is a client "
                                            + name
                                            + " already; `holdfast keys revoke "
                                            + name
                                            + "` ends its key");
                        }
                        return clients.put(name, ClientKey.hash(key), admin, maxPending);
                    });
            required(spec).commandLine().getOut().println(key);
            required(spec).commandLine().getErr().println("This key is not shown again.");
        }
    }

    /** {@code keys list}. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the clients that have a key, here or in the configuration")
    static final class ListAll implements Runnable {
        @Mixin ConfigOption config = new ConfigOption();

        @Spec @Nullable CommandSpec spec;

        @Override
        public void run() {
            Settings settings = settings(config);
            StoreSettings store = settings.store();
            List<ClientRecord> stored =
                    StoreAccess.hasClients(store)
                            ? StoreAccess.withClients(store, c -> c.list())
                            : List.of();
            PrintWriter out = required(spec).commandLine().getOut();
            out.printf("%-24s %-5s %11s  %s%n", "NAME", "ADMIN", "MAX-PENDING", "CREATED");
            Set<String> configured = new HashSet<>();
            for (ClientSettings client : settings.clients()) {
                configured.add(client.name());
                String created = "configured in " + client.place();
                line(out, client.name(), client.admin(), client.maxPending(), created);
            }
            for (ClientRecord client : stored) {
                if (client.keyHash() != null && !configured.contains(client.name())) {
                    String created = client.createdAt().toString();
                    line(out, client.name(), client.admin(), client.maxPending(), created);
                }
            }
            out.flush();
        }

        private static void line(
                PrintWriter out, String name, boolean admin, int maxPending, String created) {
            out.printf("%-24s %-5s %11d  %s%n", name, admin ? "yes" : "no", maxPending, created);
        }
    }

    /** {@code keys revoke NAME}. */
    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Ends a client's key; its requests go on")
    static final class Revoke implements Runnable {
        @Parameters(paramLabel = "NAME", description = "the client")
        String name = "";

        @Mixin ConfigOption config = new ConfigOption();

        @Spec @Nullable CommandSpec spec;

        @Override
        public void run() {
            Settings settings = settings(config);
            refuseConfigured(name, settings);
            StoreSettings store = settings.store();
            boolean revoked =
                    StoreAccess.hasClients(store)
                            && StoreAccess.withClients(store, clients -> revoke(clients, name));
            if (!revoked) {
                throw Failure.failed(
                        "holdfast: there is no client "
                                + name
                                + "; `holdfast keys list` shows them");
            }
            required(spec)
                    .commandLine()
                    .getErr()
                    .println("The key of " + name + " has ended; its requests go on.");
        }

        /**
         * Only what has a key in the store: the open client and those configured elsewhere stay.
         */
        private static boolean revoke(Clients clients, String name) {
            return clients.list().stream()
                            .anyMatch(c -> c.name().equals(name) && c.keyHash() != null)
                    && clients.revoke(name);
        }
    }
}
