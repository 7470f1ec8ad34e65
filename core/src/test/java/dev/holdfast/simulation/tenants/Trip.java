package dev.holdfast.simulation.tenants;

import dev.holdfast.quota.OwnHeaders;
import org.jspecify.annotations.Nullable;

/** One call as the API sees it; all in true nanoseconds. */
final class Trip {
    private static final long NOT_YET = Long.MAX_VALUE;

    final String message;
    final String tenant;
    final @Nullable String key;

    /** What it says of its tenant's own. */
    final OwnHeaders own;

    /** Tokens that the gateway has to guess. */
    final long reserve;

    /** Tokens that it truly takes. */
    final long actual;

    final boolean probe;

    /** Whether it is its job's first. */
    final boolean first;

    final long left;

    /** Before this its slots were surely not taken. */
    final long claimed;

    long heard = NOT_YET;

    /** From when on it is surely in the ledger what it took; never if its answer said nothing. */
    long told = NOT_YET;

    Trip(
            Play.Plan plan,
            @Nullable String key,
            OwnHeaders own,
            boolean probe,
            boolean first,
            long left,
            long claimed) {
        message = plan.message();
        tenant = plan.tenant();
        reserve = plan.reserve();
        actual = plan.actual();
        this.key = key;
        this.own = own;
        this.probe = probe;
        this.first = first;
        this.left = left;
        this.claimed = claimed;
    }

    /** Who is refused or asked to wait by its answer: its key, or its tenant. */
    String caller() {
        return key == null || !own.isEmpty() ? tenant : key;
    }

    boolean isUnderWay() {
        return heard == NOT_YET;
    }

    /**
     * Tokens that a ledger knows of when it is looked at: what it was guessed to take, until it is
     * written what it took. What is dearer than a window takes all of it.
     */
    long known(long when, long limit) {
        return told <= when ? actual : Math.min(limit, Math.min(actual, reserve));
    }

    /** Tokens that a ledger holds for it at most, when it is looked at. */
    long atMost(long when, long limit) {
        if (told <= when) {
            return actual;
        }
        return Math.max(Math.min(limit, reserve), told == NOT_YET ? 0 : actual);
    }

    /** The process died that would have written what it took. */
    void crashed(long now) {
        told = told > now ? NOT_YET : told;
    }

    @Override
    public String toString() {
        return message
                + (probe ? " (probe)" : "")
                + " of "
                + reserve
                + ", truly "
                + actual
                + ", left at "
                + left
                + ", heard at "
                + heard
                + ", told at "
                + told;
    }
}
