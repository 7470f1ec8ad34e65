package dev.holdfast.gateway.ports;

import dev.holdfast.webhook.Webhooks;
import java.net.URI;
import java.util.concurrent.CompletionStage;

/** Sends one signed test event to a URL, without the store. */
@FunctionalInterface
public interface TestWebhook {
    /**
     * Sends it; the stage completes within the webhooks' timeout.
     *
     * @param client whose secret signs it
     * @param url as checked
     */
    CompletionStage<Webhooks.Told> send(int client, URI url);
}
