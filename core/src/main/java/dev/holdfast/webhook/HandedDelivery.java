package dev.holdfast.webhook;

import dev.holdfast.store.Delivery;
import java.net.URI;
import java.time.Instant;

/**
 * A delivery that is leased to this process.
 *
 * @param url where to, as parsed
 * @param lane its host
 * @param since steady time at which it came
 */
record HandedDelivery(Delivery delivery, URI url, HostLane lane, Instant since) {}
