package dev.holdfast.request;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What goes first (P6): a class of requests. Whatever waits above it, each class keeps its floor.
 */
public enum Priority {
    /** Before all others. */
    HIGH(6),
    /** What is asked without a word. */
    NORMAL(3),
    /** What may wait. */
    LOW(1);

    /** Slots of which {@link #share} is a part. */
    public static final int ROUND = 10;

    /** All of them, the highest first. */
    public static final List<Priority> ALL = List.of(values());

    private final int share;

    Priority(int share) {
        this.share = share;
    }

    /**
     * Slots of {@link #ROUND} that it gets while all wait; of those of a class that does not wait
     * the highest one that does gets more.
     */
    public int share() {
        return share;
    }

    /** The one that goes first. */
    public Priority orHigher(Priority other) {
        return compareTo(other) <= 0 ? this : other;
    }

    /** As it is written on the wire. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one that is written so, or null. */
    public static @Nullable Priority of(String wire) {
        return ALL.stream().filter(each -> each.wire().equals(wire)).findFirst().orElse(null);
    }

    /** As it is kept: 0 is the highest. */
    @SuppressWarnings("EnumOrdinal") // Names in the database would make each index entry longer.
    public int number() {
        return ordinal();
    }
}
