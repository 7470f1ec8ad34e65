package dev.holdfast.store.queue;

import dev.holdfast.request.Priority;

/**
 * What those want who still want a job's result, counted: what becomes of it when one of them goes
 * takes no look at the others.
 *
 * @param all how many they are
 * @param high of those, how many of the highest class
 * @param low of the lowest
 * @param timed how many give a time before which it is not called
 */
public record Wishes(int all, int high, int low, int timed) {
    /** Of the one who asks first. */
    public static Wishes of(Priority priority, boolean timed) {
        return new Wishes(1, high(priority), low(priority), timed ? 1 : 0);
    }

    /** 1 if it is the highest class. */
    public static int high(Priority priority) {
        return priority == Priority.HIGH ? 1 : 0;
    }

    /** 1 if it is the lowest class. */
    public static int low(Priority priority) {
        return priority == Priority.LOW ? 1 : 0;
    }

    /** The highest class that any of them wants; there is one. */
    public Priority highest() {
        if (high > 0) {
            return Priority.HIGH;
        }
        return all > low ? Priority.NORMAL : Priority.LOW;
    }

    /** Whether one of them gives no time. */
    public boolean atOnce() {
        return all > timed;
    }
}
