package dev.holdfast.request;

import java.util.function.ToLongFunction;

/** How many jobs of each class of priority there are. */
public record ByPriority(long high, long normal, long low) {
    /** There are none. */
    public static final ByPriority NONE = new ByPriority(0, 0, 0);

    /** As many as are told of each. */
    public static ByPriority of(ToLongFunction<Priority> each) {
        return new ByPriority(
                each.applyAsLong(Priority.HIGH),
                each.applyAsLong(Priority.NORMAL),
                each.applyAsLong(Priority.LOW));
    }

    /** Of one class. */
    public long of(Priority priority) {
        return switch (priority) {
            case HIGH -> high;
            case NORMAL -> normal;
            case LOW -> low;
        };
    }

    /** Of all classes. */
    public long total() {
        return high + normal + low;
    }

    /** With one more. */
    public ByPriority with(Priority priority) {
        return of(each -> of(each) + (each == priority ? 1 : 0));
    }

    /**
     * How many of all classes go before a job, itself included, if nothing is added: as their
     * shares say, give or take what a round's order does.
     *
     * @param own how many of its own class do, itself included
     */
    public long place(Priority priority, long own) {
        double[] left = new double[Priority.ALL.size()];
        for (Priority each : Priority.ALL) {
            left[each.number()] = each == priority ? own : of(each);
        }
        double others = 0;
        while (left[priority.number()] > ALMOST_NONE) {
            double[] share = shares(left);
            double slots = Double.POSITIVE_INFINITY;
            for (int i = 0; i < share.length; i++) {
                slots = share[i] > 0 ? Math.min(slots, left[i] / share[i]) : slots;
            }
            for (int i = 0; i < share.length; i++) {
                double gone = slots * share[i];
                others += i == priority.number() ? 0 : gone;
                left[i] = left[i] - gone < ALMOST_NONE ? 0 : left[i] - gone;
            }
        }
        return own + (long) (others + ALMOST_NONE);
    }

    /** What rounding may leave of a job. */
    private static final double ALMOST_NONE = 1e-6;

    /** Of each class's slots that has jobs left, for each of a round; the highest gets the rest. */
    private static double[] shares(double[] left) {
        double[] share = new double[left.length];
        double rest = Priority.ROUND;
        int highest = -1;
        for (Priority each : Priority.ALL) {
            int at = each.number();
            if (left[at] > 0) {
                share[at] = each.share();
                rest -= each.share();
                highest = highest < 0 ? at : highest;
            }
        }
        share[highest] += rest;
        return share;
    }
}
