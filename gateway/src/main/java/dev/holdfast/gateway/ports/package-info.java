/**
 * What the gateway needs of others, for whoever puts it together. Start reading at {@link
 * dev.holdfast.gateway.ports.WebhookPorts}.
 */
@NullMarked
package dev.holdfast.gateway.ports;

import org.jspecify.annotations.NullMarked;
