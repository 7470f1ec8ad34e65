package dev.holdfast.app.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys by which two configurations differ, secrets among them. */
public final class Changed {
    private Changed() {}

    /** In the order of the later one; those that it has no more come last. */
    public static List<String> between(List<Reading.Value> before, List<Reading.Value> after) {
        return between(written(before), written(after));
    }

    /** The same, of what stands for each key's value. */
    public static <T> List<String> between(Map<String, T> before, Map<String, T> after) {
        List<String> changed = new ArrayList<>();
        after.forEach(
                (key, value) -> {
                    if (!value.equals(before.get(key))) {
                        changed.add(key);
                    }
                });
        before.keySet().stream().filter(key -> !after.containsKey(key)).forEach(changed::add);
        return changed;
    }

    /** What each key says that does not say its default. */
    public static Map<String, Written> written(List<Reading.Value> values) {
        Map<String, Written> written = new LinkedHashMap<>();
        for (Reading.Value value : values) {
            if (!value.written().isNothing()) {
                written.putIfAbsent(value.path().toString(), value.written());
            }
        }
        return written;
    }
}
