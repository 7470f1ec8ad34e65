package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A caller with its key, besides those made with {@code holdfast keys create}.
 *
 * @param name what logs, metrics and the console call it
 * @param key the secret it authenticates with
 * @param admin whether it may pause, see all and use the console
 * @param maxPending requests it may have unfinished; more get {@code too-many-pending}
 * @param weight how often it has its turn: one of twice the weight has it twice as often
 * @param place where it is written, for messages, such as {@code holdfast.yaml:3}
 */
public record ClientSettings(
        String name, String key, boolean admin, int maxPending, int weight, String place) {
    /** Shortest key taken, in characters: 128 random bits in base64. */
    static final int MIN_KEY_CHARS = 16;

    private static final int MAX_PENDING = 100_000_000;
    private static final int MAX_WEIGHT = 16;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    static List<ClientSettings> readAll(Section root) {
        List<ClientSettings> clients = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> keys = new HashSet<>();
        for (Section s : root.list("clients")) {
            ClientSettings client = read(s);
            if (!client.name().isEmpty() && !names.add(client.name())) {
                s.mistake("name", "`" + client.name() + "` is another client's name too");
            }
            if (!client.key().isEmpty() && !keys.add(client.key())) {
                s.mistake("key", "is another client's key too");
            }
            clients.add(client);
        }
        return List.copyOf(clients);
    }

    private static ClientSettings read(Section s) {
        return new ClientSettings(
                s.field("name", "what logs, metrics and the console call it")
                        .required()
                        .one(
                                "1 to 64 letters, digits, `.`, `_`, `-`",
                                ClientSettings::checkedName,
                                ""),
                s.field("key", "the secret it authenticates with, best as `${NAME}`")
                        .required()
                        .one(
                                "at least " + MIN_KEY_CHARS + " characters",
                                ClientSettings::checkedKey,
                                ""),
                s.field("admin", "may pause upstreams, see all requests, use the console")
                        .orElse("false")
                        .flag(),
                s.field(
                                "max-pending",
                                "requests it may have unfinished; more get `too-many-pending`")
                        .orElse("100000")
                        .integer(1, MAX_PENDING),
                s.field("weight", "how often it has its turn: with twice the weight twice as often")
                        .orElse("1")
                        .integer(1, MAX_WEIGHT),
                s.origin("name").toString());
    }

    private static String checkedName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("cannot be a client's name");
        }
        return name;
    }

    private static String checkedKey(String key) {
        if (key.length() < MIN_KEY_CHARS) {
            throw new IllegalArgumentException(
                    "too short to be safe; `holdfast keys create NAME` makes a good one");
        }
        if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("may hold visible ASCII characters only");
        }
        return key;
    }

    /** Never shows the key. */
    @Override
    public String toString() {
        return "ClientSettings[name="
                + name
                + ", admin="
                + admin
                + ", maxPending="
                + maxPending
                + ", weight="
                + weight
                + "]";
    }
}
