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
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/** All that has to do with webhooks, put together: guard, HTTP client, keys, dispatcher. */
final class WebhookSide implements AutoCloseable {
    private final Vertx vertx;
    private final InstantSource wall;
    private volatile Way way;
    private final SigningKeys keys;
    private final DeliveryDispatcher dispatcher;

    /** How posts leave. */
    record Way(AddressGuard guard, HttpWebhook http, Schedule schedule, Duration timeout) {}

    /** Reads the gateway's private key, or makes it; blocking. */
    WebhookSide(
            Vertx vertx,
            WebhookSettings settings,
            Store store,
            Clients clients,
            RequestJson json,
            Loop loop,
            DeliveryTraces traces) {
        this.vertx = vertx;
        wall = store.wall();
        way = open(settings);
        keys = SigningKeys.open(clients, loop.readers(), store.clock(), new SecureRandom());
        dispatcher =
                new DeliveryDispatcher(
                        new DeliveryParts(
                                store.deliveries(),
                                (url, headers, body) -> way.http().post(url, headers, body),
                                new WebhookBody(json),
                                keys::of,
                                way.schedule(),
                                loop,
                                loop,
                                RandomGenerator.getDefault(),
                                store.clock(),
                                wall,
                                Policies.deliveryLease(settings),
                                traces));
    }

    /**
     * Another way for posts to leave, which nothing takes yet.
     *
     * @throws IllegalArgumentException if it cannot be used
     */
    Way open(WebhookSettings settings) {
        var guard = new AddressGuard(settings.allowNetworks());
        return new Way(
                guard,
                new HttpWebhook(
                        vertx,
                        guard,
                        settings.timeout(),
                        wall,
                        Policies.tls(settings.tls()),
                        settings.proxies()),
                new Schedule(settings.schedule(), Schedule.DEFAULT_JITTER),
                settings.timeout());
    }

    /** Takes this way from now on; posts under way end as they left. */
    void take(Way next) {
        Way before = way;
        way = next;
        dispatcher.change(next.schedule());
        vertx.setTimer(
                before.timeout().plus(CalledUpstreams.ROOM).toMillis(), _ -> before.http().close());
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
        return way.http().wire();
    }

    WebhookPorts ports() {
        return new WebhookPorts(this::judge, dispatcher::test, keys::rotate, keys::publicKeys);
    }

    private WebhookUrls.Verdict judge(String url) {
        return switch (way.guard().check(url)) {
            case AddressGuard.Allowed allowed -> new WebhookUrls.Verdict.Allowed(allowed.url());
            case AddressGuard.Forbidden forbidden ->
                    new WebhookUrls.Verdict.Forbidden(forbidden.words());
        };
    }

    @Override
    public void close() {
        way.http().close();
    }
}
