package dev.holdfast.simulator.door;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map of names that forgets the eldest beyond its bound. */
public final class Latest<V> extends LinkedHashMap<String, V> {
    private static final long serialVersionUID = 1;

    private final int max;

    public Latest(int max) {
        this.max = max;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > max;
    }
}
