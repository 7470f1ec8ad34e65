package dev.holdfast.app.yaml;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keys by which two configurations differ, as far as that can be seen: not in secrets. */
public final class Changed {
    private Changed() {}

    /** In the order of the later one; those that it has no more come last. */
    public static List<KeyPath> between(List<Reading.Value> before, List<Reading.Value> after) {
        Map<String, Reading.Value> old = new LinkedHashMap<>();
        before.forEach(value -> old.putIfAbsent(value.path().toString(), value));
        Map<String, KeyPath> changed = new LinkedHashMap<>();
        Set<String> seen = new LinkedHashSet<>();
        for (Reading.Value value : after) {
            String name = value.path().toString();
            Reading.Value was = old.get(name);
            if (seen.add(name) && (was == null || !was.shown().equals(value.shown()))) {
                changed.put(name, value.path());
            }
        }
        old.forEach(
                (name, value) -> {
                    if (!seen.contains(name)) {
                        changed.put(name, value.path());
                    }
                });
        return List.copyOf(changed.values());
    }
}
