/**
 * Telling callers: signatures, schedule and the dispatcher of deliveries. Start at {@link
 * dev.holdfast.webhook.DeliveryDispatcher}.
 */
@NullMarked
package dev.holdfast.webhook;

import org.jspecify.annotations.NullMarked;
