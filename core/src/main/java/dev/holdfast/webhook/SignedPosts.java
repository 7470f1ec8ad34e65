package dev.holdfast.webhook;

import dev.holdfast.request.Texts;
import dev.holdfast.store.Delivery;
import dev.holdfast.webhook.HostLane.HandedDelivery;
import dev.holdfast.webhook.Webhooks.Told;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes what is posted, signs it and hands it to the network. On the loop. */
final class SignedPosts {
    /** What a webhook's id begins with; the delivery's own id follows. */
    static final String ID_PREFIX = "msg_";

    /** Most tests under way; one more is answered as not delivered. */
    static final int MAX_TESTS = 16;

    /** Most tests under way for one client. */
    static final int MAX_TESTS_OF_CLIENT = 4;

    private final DeliveryParts parts;
    private final Map<Integer, Integer> testsOf = new HashMap<>();
    private int tests;

    SignedPosts(DeliveryParts parts) {
        this.parts = parts;
    }

    /**
     * Posts a delivery.
     *
     * @throws RuntimeException if it cannot be made; then nothing was sent
     */
    CompletionStage<Told> post(HandedDelivery handed, List<SigningKey> keys) {
        Delivery delivery = handed.delivery();
        byte[] body = parts.body().apply(delivery);
        Map<String, String> headers = new LinkedHashMap<>();
        Texts.read(delivery.headers())
                .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        headers.putAll(signed(delivery.id(), body, keys));
        DeliveryTraces.Try traced = parts.traces().begin(delivery);
        String traceparent = traced.traceparent();
        if (traceparent != null) {
            headers.put("traceparent", traceparent);
        }
        return parts.webhooks()
                .post(handed.url(), headers, body)
                .whenComplete((how, _) -> traced.ended(how));
    }

    /** Posts a test and completes {@code told}, exceptionally if the keys cannot be read. */
    void test(int client, URI url, CompletableFuture<Told> told) {
        int own = testsOf.getOrDefault(client, 0);
        if (tests >= MAX_TESTS || own >= MAX_TESTS_OF_CLIENT) {
            told.complete(notSent("too many tests at once"));
            return;
        }
        tests++;
        testsOf.put(client, own + 1);
        UUID id = new UUID(parts.random().nextLong(), parts.random().nextLong());
        parts.keys()
                .apply(client)
                .thenCompose(
                        keys -> {
                            byte[] body = WebhookBody.test(parts.wall().instant());
                            return parts.webhooks().post(url, signed(id, body, keys), body);
                        })
                .whenComplete(
                        (how, failure) -> {
                            parts.loop().execute(() -> tested(client));
                            if (failure == null) {
                                told.complete(how);
                            } else {
                                told.completeExceptionally(failure);
                            }
                        });
    }

    private void tested(int client) {
        tests--;
        testsOf.computeIfPresent(client, (_, count) -> count == 1 ? null : count - 1);
    }

    /** How a try ends that never left. */
    static Told notSent(String words) {
        return new Told.NotDelivered(null, null, words, false, Duration.ZERO);
    }

    private Map<String, String> signed(UUID id, byte[] body, List<SigningKey> keys) {
        return Signer.headers(ID_PREFIX + id, parts.wall().instant(), body, keys);
    }
}
