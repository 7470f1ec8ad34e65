package dev.holdfast.store.queue;

/**
 * What is wrong with an upstream for a while: its credential is refused, or nobody is at home. A
 * value; both in steady microseconds.
 *
 * @param since 0 if it is not so
 * @param until before when nobody looks whether it is still so; 0 if somebody may at once
 */
public record Spell(long since, long until) {
    /** Nothing is wrong. */
    public static final Spell NONE = new Spell(0, 0);

    /** As kept in two columns. */
    public static Spell of(long since, long until) {
        return since == 0 ? NONE : new Spell(since, until);
    }

    boolean lasts() {
        return since > 0;
    }

    /** The same, looked at no sooner than that. */
    Spell unseenUntil(long next) {
        return new Spell(since, next);
    }
}
