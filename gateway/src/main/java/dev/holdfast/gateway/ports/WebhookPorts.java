package dev.holdfast.gateway.ports;

import java.util.List;
import java.util.function.Supplier;

/**
 * What the gateway needs of the webhooks' side.
 *
 * @param urls the address guard
 * @param test sends a test event
 * @param rotation makes a client's new secret
 * @param publicKeys the ed25519 keys that receivers may verify with, the current one first, as
 *     Standard Webhooks writes them ({@code whpk_…}); must not block
 */
public record WebhookPorts(
        WebhookUrls urls,
        TestWebhook test,
        SecretRotation rotation,
        Supplier<List<String>> publicKeys) {}
