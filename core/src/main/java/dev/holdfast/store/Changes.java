package dev.holdfast.store;

/**
 * Who is told what other processes on the same store did. On threads of the store; what is told is
 * committed. Something may be told twice or for nothing.
 */
public interface Changes {
    /** An upstream may have work or slots. */
    void upstream(String name);

    /** A job moved on, or something about its requests changed. */
    void job(long job);

    /** Anything may have changed. */
    void anything();

    /** Attempts of a process that died are there, see {@link Store#orphans}. */
    void lost();
}
