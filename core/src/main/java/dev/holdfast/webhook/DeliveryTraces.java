package dev.holdfast.webhook;

import dev.holdfast.store.Delivery;
import dev.holdfast.webhook.Webhooks.Told;
import org.jspecify.annotations.Nullable;

/** Sees each try to deliver, for traces. Called on the loop; neither blocks nor throws. */
@FunctionalInterface
public interface DeliveryTraces {
    /** A try that nobody traces. */
    Try UNTRACED =
            new Try() {
                @Override
                public @Nullable String traceparent() {
                    return null;
                }

                @Override
                public void ended(Told how) {}
            };

    /** Looks away. */
    DeliveryTraces NONE = _ -> UNTRACED;

    /** A try is about to leave. */
    Try begin(Delivery delivery);

    /** One try. */
    interface Try {
        /** What its receiver is told of the trace (W3C Trace Context), or null. */
        @Nullable String traceparent();

        /** It is over; called on any thread. */
        void ended(Told how);
    }
}
