package dev.holdfast.app.command;

import dev.holdfast.app.config.ClientSettings;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.serve.ClientKey;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.StandardOutput;
import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Clients.ClientRecord;
import dev.holdfast.store.Clients.NewAct;
import dev.holdfast.store.StoreUnavailable;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
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
public final class KeysCommand implements Runnable {
    private static final int MAX_PENDING = 100_000;
    private static final String MAX_PENDING_IS = "--max-pending";

    /** Keys that a client has at once: one is renewed, not collected. */
    private static final int MAX_KEYS = 10;

    private static final Duration LONGEST = Duration.ofDays(3650);
    private static final int ID_CHARS = 8;
    private static final List<Clients.Key> NONE = List.of();
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                required(spec).commandLine(), "which one: create, list or revoke?");
    }

    /** What a key is called; it does not tell the key. */
    private static String id(Clients.Key key) {
        return key.hash().substring(0, ID_CHARS);
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
            description =
                    "Makes a client, or another key for one, and prints the key, which is not shown"
                            + " again")
    static final class Create implements Runnable {
        @Parameters(paramLabel = "NAME", description = "what logs, metrics and the console call it")
        String name = "";

        @Option(
                names = "--admin",
                description = "may pause upstreams, see all requests, use the console")
        boolean admin;

        @Option(
                names = MAX_PENDING_IS,
                defaultValue = "" + MAX_PENDING,
                description = "requests it may have unfinished (default: ${DEFAULT-VALUE})")
        int maxPending = MAX_PENDING;

        @Option(
                names = "--expires",
                paramLabel = "TIME",
                converter = DurationConverter.class,
                description = "when the key ends by itself, such as 90d (default: never)")
        @Nullable Duration expires;

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
            if (expires != null && (!expires.isPositive() || expires.compareTo(LONGEST) > 0)) {
                throw Failure.usage(
                        "holdfast: --expires is more than nothing and at most "
                                + LONGEST.toDays()
                                + "d");
            }
            Settings settings = settings(config);
            refuseConfigured(name, settings);
            String key = ClientKey.create(new SecureRandom());
            int count = StoreAccess.withClients(settings.store(), clients -> add(clients, key));
            PrintWriter err = required(spec).commandLine().getErr();
            err.println("This key is not shown again. A running gateway knows it within a second.");
            if (count > 0) {
                err.println(
                        name
                                + (count == 1 ? " has its other key" : " has its other keys")
                                + " still; `holdfast keys list` shows them, `holdfast keys revoke "
                                + name
                                + " --key ID` ends one.");
            }
        }

        /** Adds the key; answers how many there were before. */
        private int add(Clients clients, String key) {
            Instant end = expires == null ? null : Instant.now().plus(expires);
            ClientRecord known =
                    clients.list().stream()
                            .filter(client -> client.name().equals(name) && client.keyed())
                            .findFirst()
                            .orElse(null);
            if (known != null && known.keys().size() >= MAX_KEYS) {
                throw Failure.failed(
                        "holdfast: "
                                + name
                                + " has "
                                + MAX_KEYS
                                + " keys already; `holdfast keys revoke "
                                + name
                                + " --key ID` ends one");
            }
            if (known != null && admin && !known.admin()) {
                throw Failure.failed(
                        "holdfast: "
                                + name
                                + " is no admin, and another key does not make it one; choose"
                                + " another name");
            }
            boolean limited =
                    required(spec).commandLine().getParseResult().hasMatchedOption(MAX_PENDING_IS);
            if (known != null && limited && known.maxPending() != maxPending) {
                throw Failure.failed(
                        "holdfast: "
                                + name
                                + " may have "
                                + known.maxPending()
                                + " requests unfinished, and another key does not change that; leave "
                                + MAX_PENDING_IS
                                + " out");
            }
            // Shown first: a key that opens something is never one that nobody has.
            show(key);
            try {
                if (known == null) {
                    clients.put(name, null, admin, maxPending);
                }
                clients.addKey(name, ClientKey.hash(key), end);
                clients.remember(new NewAct(Clients.COMMAND_LINE, "key-made", name));
            } catch (StoreUnavailable e) {
                throw Failure.failed(
                        "holdfast: the key that was shown was not kept and opens nothing: "
                                + e.getMessage());
            }
            return known == null ? 0 : known.keys().size();
        }

        private void show(String key) {
            PrintWriter out = required(spec).commandLine().getOut();
            out.println(key);
            if (out.checkError()) {
                throw Failure.failed(StandardOutput.LOST + "; no key was made");
            }
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
            line(out, "NAME", "ADMIN", "MAX-PENDING", "KEY", "CREATED", "EXPIRES");
            Set<String> configured = new HashSet<>();
            for (ClientSettings client : settings.clients()) {
                configured.add(client.name());
                String created = "configured in " + client.place();
                line(
                        out,
                        client.name(),
                        yesNo(client.admin()),
                        Integer.toString(client.maxPending()),
                        "",
                        created,
                        "");
            }
            for (ClientRecord client : stored) {
                for (Clients.Key key : configured.contains(client.name()) ? NONE : client.keys()) {
                    Instant end = key.expiresAt();
                    line(
                            out,
                            client.name(),
                            yesNo(client.admin()),
                            Integer.toString(client.maxPending()),
                            id(key),
                            key.createdAt().toString(),
                            end == null ? "never" : end.toString());
                }
            }
            out.flush();
        }

        private static String yesNo(boolean is) {
            return is ? "yes" : "no";
        }

        private static void line(PrintWriter out, String... cells) {
            String line = "%-24s %-5s %11s  %-8s  %-24s  %s".formatted((Object[]) cells);
            out.println(line.stripTrailing());
        }
    }

    /** {@code keys revoke NAME}. */
    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Ends a client's keys, or one of them; its requests go on")
    static final class Revoke implements Runnable {
        @Parameters(
                paramLabel = "NAME",
                description = "the client, as `holdfast keys list` calls it")
        String name = "";

        @Option(
                names = "--key",
                paramLabel = "ID",
                description = "only this key of it, as `holdfast keys list` calls it")
        @Nullable String key;

        @Option(
                names = "--yes",
                description = "also if nobody has a key then, so that nobody may call the gateway")
        boolean yes;

        @Mixin ConfigOption config = new ConfigOption();

        @Spec @Nullable CommandSpec spec;

        @Override
        public void run() {
            Settings settings = settings(config);
            refuseConfigured(name, settings);
            StoreSettings store = settings.store();
            boolean others = !settings.clients().isEmpty();
            boolean revoked =
                    StoreAccess.hasClients(store)
                            && StoreAccess.withClients(store, clients -> revoke(clients, others));
            if (!revoked) {
                throw Failure.failed(
                        "holdfast: there is no client "
                                + name
                                + (key == null ? "" : " with a key " + key)
                                + "; `holdfast keys list` shows them");
            }
            required(spec)
                    .commandLine()
                    .getErr()
                    .println(
                            key == null
                                    ? "The key of " + name + " has ended; its requests go on."
                                    : "Key " + key + " of " + name + " has ended.");
        }

        /**
         * Only what has a key in the store: the open client and those configured elsewhere stay.
         *
         * @param others whether somebody else has a key, one of the configuration
         */
        private boolean revoke(Clients clients, boolean others) {
            List<ClientRecord> all = clients.list();
            ClientRecord client =
                    all.stream()
                            .filter(c -> c.name().equals(name) && c.keyed())
                            .findFirst()
                            .orElse(null);
            if (client == null) {
                return false;
            }
            List<Clients.Key> ending =
                    client.keys().stream().filter(k -> key == null || id(k).equals(key)).toList();
            long left = all.stream().mapToLong(c -> c.keys().size()).sum() - ending.size();
            if (!ending.isEmpty() && left == 0 && !others && !yes) {
                throw Failure.failed(
                        "holdfast: nobody else has a key: after this nobody may call the gateway, not"
                                + " even from this machine, until `holdfast keys create NAME --admin`"
                                + " makes another; say --yes if that is meant");
            }
            boolean ended = false;
            if (ending.size() == client.keys().size()) {
                ended = clients.revoke(name);
            } else {
                for (Clients.Key one : ending) {
                    ended |= clients.endKey(one.hash());
                }
            }
            if (ended) {
                clients.remember(new NewAct(Clients.COMMAND_LINE, "key-ended", name));
            }
            return ended;
        }
    }
}
