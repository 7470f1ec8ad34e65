package dev.holdfast.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map of names that forgets the eldest beyond its bound. */
final class Latest<V> extends LinkedHashMap<String, V> {
    private static final long serialVersionUID = 1;

    private final int max;

    Latest(int max) {
        this.max = max;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > max;
    }
}
