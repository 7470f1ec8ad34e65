package dev.holdfast.request;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a call takes of its upstream's quotas that count something else than calls: so much of each
 * unit, as it is reserved before the call leaves (P1).
 *
 * @param amounts by unit, each at least 1
 */
public record Costs(SortedMap<String, Long> amounts) {
    /** It costs nothing but the call. */
    public static final Costs NONE = new Costs(new TreeMap<>());

    public Costs {
        amounts = Collections.unmodifiableSortedMap(new TreeMap<>(amounts));
        if (amounts.values().stream().anyMatch(amount -> amount < 1)) {
            throw new IllegalArgumentException("what costs nothing is not named: " + amounts);
        }
    }

    /** What costs nothing is left out. */
    public static Costs of(Map<String, Long> amounts) {
        SortedMap<String, Long> some = new TreeMap<>(amounts);
        some.values().removeIf(amount -> amount < 1);
        return some.isEmpty() ? NONE : new Costs(some);
    }

    public boolean isNothing() {
        return amounts.isEmpty();
    }

    /** Of a unit; 0 if it takes none. */
    public long of(String unit) {
        return amounts.getOrDefault(unit, 0L);
    }

    /** The units, in their order, between blanks; empty if there is none. */
    public String units() {
        return String.join(" ", amounts.keySet());
    }

    /** As it is kept, such as {@code points=2 tokens=1200}. */
    public String write() {
        return amounts.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining(" "));
    }

    /** What {@link #write} wrote; null is nothing. */
    public static Costs read(@Nullable String kept) {
        if (kept == null || kept.isEmpty()) {
            return NONE;
        }
        SortedMap<String, Long> amounts = new TreeMap<>();
        for (String one : kept.split(" ", -1)) {
            int sign = one.indexOf('=');
            amounts.put(one.substring(0, sign), Long.valueOf(one.substring(sign + 1)));
        }
        return new Costs(amounts);
    }
}
