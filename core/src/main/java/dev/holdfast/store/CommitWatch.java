package dev.holdfast.store;

/**
 * Sees what the store's writer does, for figures. Called on its thread; neither blocks nor throws.
 */
public interface CommitWatch {
    /** Looks away. */
    CommitWatch NONE = new CommitWatch() {};

    /**
     * A transaction is durable.
     *
     * @param writes callers' writes in it
     * @param nanos time from its begin to the end of its commit
     */
    default void committed(int writes, long nanos) {}

    /** A transaction could not be written; its callers were told. */
    default void failed(int writes) {}
}
