package dev.holdfast.store;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /**
     * Requests have their end, and that is durable.
     *
     * @param ends how many have which
     */
    default void ended(Map<End, Integer> ends) {}

    /**
     * How a request ended.
     *
     * @param status final
     * @param reason why it failed; null if it did not
     */
    record End(String route, Status status, Failure.@Nullable Reason reason) {}

    /** A transaction could not be written; its callers were told. */
    default void failed(int writes) {}
}
