package dev.holdfast.simulation;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.store.ClaimAsk;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that the simulated API knows: it counts what arrives with each, in true time, and takes
 * some of them for nobody's for a while. Its dice are its own, so that a seed without keys plays as
 * it did.
 */
final class Keys {
    /** For a seed whose calls all leave with the same. */
    static final Keys NONE = new Keys(List.of(), Map.of());

    /** A key that is refused is tried no sooner than this after the last time. */
    private static final Duration APART = Duration.ofSeconds(10);

    private final List<ClaimAsk.Credential> credentials;
    private final Map<String, Scenario.Span> refused;
    private final Map<String, Deque<Long>> arrivals = new HashMap<>();
    private final Map<String, List<Long>> refusals = new HashMap<>();
    private final Set<String> used = new TreeSet<>();

    private Keys(List<ClaimAsk.Credential> credentials, Map<String, Scenario.Span> refused) {
        this.credentials = credentials;
        this.refused = refused;
    }

    /** Two or three keys, each with less than the upstream has. */
    static Keys of(long seed, Quota quota) {
        Random random = new Random(seed);
        List<ClaimAsk.Credential> credentials = new ArrayList<>();
        Map<String, Scenario.Span> refused = new HashMap<>();
        int many = 2 + random.nextInt(2);
        for (int i = 0; i < many; i++) {
            String name = "key " + i;
            List<Window> windows = new ArrayList<>();
            for (Window window : quota.windows()) {
                int limit = 1 + random.nextInt(window.limit());
                windows.add(new Window(limit, window.length()));
            }
            credentials.add(
                    new ClaimAsk.Credential(
                            name,
                            "hash of " + name,
                            new Quota(windows),
                            Collections.emptySortedMap(),
                            false));
            if (random.nextInt(3) > 0) {
                Duration at = Duration.ofSeconds(random.nextInt(600));
                Duration length = Duration.ofSeconds(5 + random.nextInt(290));
                refused.put(name, new Scenario.Span(at, length));
            }
        }
        return new Keys(List.copyOf(credentials), Map.copyOf(refused));
    }

    List<ClaimAsk.Credential> credentials() {
        return credentials;
    }

    boolean isNone() {
        return credentials.isEmpty();
    }

    /** Keys that a call arrived with. */
    int used() {
        return used.size();
    }

    /** Answers that refused a key. */
    int refusals() {
        return refusals.values().stream().mapToInt(List::size).sum();
    }

    /** Counts a call; probes may come on top. */
    void arrived(@Nullable String key, long now, boolean probe) {
        if (isNone()) {
            return;
        }
        if (key == null) {
            throw new Violation("P7", "a call arrived without a key");
        }
        used.add(key);
        if (probe) {
            return;
        }
        Deque<Long> all = arrivals.computeIfAbsent(key, _ -> new ArrayDeque<>());
        all.addLast(now);
        for (ClaimAsk.Credential each : credentials) {
            if (each.name().equals(key)) {
                for (Window window : each.quota().windows()) {
                    long since = now - window.length().toNanos();
                    long within = all.stream().filter(at -> at >= since).count();
                    if (within > window.limit()) {
                        throw new Violation(
                                "P1", within + " calls arrived with " + key + " within " + window);
                    }
                }
            }
        }
    }

    /**
     * Whether a key is nobody's now.
     *
     * @param atOnce calls that may be on their way before it is known that it is, since the last
     *     start
     */
    boolean isRefused(@Nullable String key, long now, boolean healed, IntSupplier atOnce) {
        Scenario.Span span = key == null ? null : refused.get(key);
        if (span == null
                || healed
                || now < span.at().toNanos()
                || now > span.at().plus(span.length()).toNanos()) {
            return false;
        }
        List<Long> all = refusals.computeIfAbsent(key, _ -> new ArrayList<>());
        all.add(now);
        long tries = span.length().dividedBy(APART);
        if (all.size() > atOnce.getAsInt() + tries) {
            throw new Violation("P4", all.size() + " calls arrived with the refused " + key);
        }
        return true;
    }
}
