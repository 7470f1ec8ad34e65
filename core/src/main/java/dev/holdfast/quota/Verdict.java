package dev.holdfast.quota;

import java.time.Instant;

/** What a quota answers when asked for slots; it never sleeps. */
public sealed interface Verdict {

    /**
     * Slots are free now.
     *
     * @param slots how many, at least 1; {@link Integer#MAX_VALUE} where there is no quota
     */
    record Granted(int slots) implements Verdict {}

    /** None is free before {@code at}. */
    record NotBefore(Instant at) implements Verdict {}

    /** Every slot is held by a call in flight; one frees its window after one of these settles. */
    record AfterSettling() implements Verdict {}

    /**
     * Every slot is held by calls that are missing, and no call is in flight whose answer could
     * tell that the upstream lives: one call may leave at {@code at} to find out. It is the only
     * kind of call that can ever come on top of the quota, and only if the upstream hung all the
     * time.
     */
    record Probe(Instant at) implements Verdict {}
}
