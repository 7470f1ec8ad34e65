package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;

/** Where the lines of {@code sign} go. */
sealed interface SignedLines extends AutoCloseable permits SignedFile, SignedOutput {

    /** Whether an earlier run has signed it. */
    boolean has(String message);

    /** Whether it knows what earlier runs did. */
    boolean continues();

    /** How often earlier runs wrote that it failed. */
    int failures(String message);

    /**
     * Makes it ready to be written; nothing is touched before.
     *
     * @throws Failure if it cannot be written
     */
    void begin();

    /**
     * Writes a line down; it is there when this returns.
     *
     * @throws Failure if it is not
     */
    void write(String message, Signing.Ended ended);

    @Override
    void close();
}
