package dev.holdfast.quota;

import java.time.Instant;

/** What a quota answers when asked for slots; it never sleeps. */
public sealed interface Verdict {

    /** The same where nothing leaves before {@code opens}, whatever the slots are. */
    default Verdict notBefore(Instant opens) {
        return switch (this) {
            case NotBefore(Instant at) when at.isAfter(opens) -> this;
            case Probe(Instant at) when at.isAfter(opens) -> this;
            case Granted _, NotBefore _, Probe _ -> new NotBefore(opens);
            case AfterSettling _ -> this;
        };
    }

    /** What may leave where this and another have to allow it. */
    default Verdict and(Verdict other) {
        if (this instanceof AfterSettling || other instanceof AfterSettling) {
            return new AfterSettling();
        }
        if (this instanceof Granted(int mine)) {
            return other instanceof Granted(int its) ? new Granted(Math.min(mine, its)) : other;
        }
        if (other instanceof Granted) {
            return this;
        }
        Instant at = at().isAfter(other.at()) ? at() : other.at();
        return this instanceof Probe && other instanceof Probe ? new Probe(at) : new NotBefore(at);
    }

    private Instant at() {
        return switch (this) {
            case NotBefore(Instant at) -> at;
            case Probe(Instant at) -> at;
            case Granted _, AfterSettling _ -> Instant.MIN;
        };
    }

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
