package dev.holdfast.app.serve;

import dev.holdfast.app.config.WebhookSettings;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.outbound.AddressGuard;
import dev.holdfast.outbound.HttpWebhook;
import dev.holdfast.outbound.http.WireCounts;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Store;
import dev.holdfast.webhook.DeliveryDispatcher;
import dev.holdfast.webhook.DeliveryMetrics;
import dev.holdfast.webhook.DeliveryParts;
import dev.holdfast.webhook.DeliveryTraces;
import dev.holdfast.webhook.Schedule;
import dev.holdfast.webhook.SigningKeys;
import dev.holdfast.webhook.WebhookBody;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/** All that has to do with webhooks, put together: guard, HTTP client, keys, dispatcher. */
final class WebhookSide implements AutoCloseable {
    private final AddressGuard guard;
    private final HttpWebhook http;
    private final SigningKeys keys;
    private final DeliveryDispatcher dispatcher;

    /** Reads the gateway's private key, or makes it; blocking. */
    WebhookSide(
            Vertx vertx,
            WebhookSettings settings,
            Store store,
            Clients clients,
            RequestJson json,
            Loop loop,
            DeliveryTraces traces) {
        InstantSource wall = store.wall();
        guard = new AddressGuard(settings.allowNetworks());
        http =
                new HttpWebhook(
                        vertx,
                        guard,
                        settings.timeout(),
                        wall,
                        Policies.tls(settings.tls()),
                        settings.proxies());
        keys = SigningKeys.open(clients, loop.readers(), store.clock(), new SecureRandom());
        dispatcher =
                new DeliveryDispatcher(
                        new DeliveryParts(
                                store.deliveries(),
                                http,
                                new WebhookBody(json),
                                keys::of,
                                new Schedule(settings.schedule(), Schedule.DEFAULT_JITTER),
                                loop,
                                loop,
                                RandomGenerator.getDefault(),
                                store.clock(),
                                wall,
                                Policies.deliveryLease(settings),
                                traces));
    }

    void start() {
        dispatcher.start();
    }

    /** Takes what the engine was handed. */
    void deliver(List<Delivery> due) {
        dispatcher.offered(due);
    }

    /** The stage completes when nothing is in hand. */
    CompletionStage<Void> stop() {
        return dispatcher.stop();
    }

    DeliveryMetrics metrics() {
        return dispatcher.metrics();
    }

    WireCounts wire() {
        return http.wire();
    }

    WebhookPorts ports() {
        return new WebhookPorts(this::judge, dispatcher::test, keys::rotate, keys::publicKeys);
    }

    private WebhookUrls.Verdict judge(String url) {
        return switch (guard.check(url)) {
            case AddressGuard.Allowed allowed -> new WebhookUrls.Verdict.Allowed(allowed.url());
            case AddressGuard.Forbidden forbidden ->
                    new WebhookUrls.Verdict.Forbidden(forbidden.words());
        };
    }

    @Override
    public void close() {
        http.close();
    }
}
