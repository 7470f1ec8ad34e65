package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.Clients;
import dev.holdfast.store.StoreUnavailable;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is signed with, beside a store that another process writes, too. */
final class SigningKeysTest {
    private static final int SHOP = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Map<Integer, List<String>> secrets = new HashMap<>();
    private final Deque<Runnable> reading = new ArrayDeque<>();
    private @Nullable String kept;
    private boolean fails;
    private Instant now = Instant.EPOCH;

    @Test
    void theClientsSecretsSignFirstAndTheGatewaysOwnKeyLast() {
        String current = secret();
        String old = secret();
        secrets.put(SHOP, List.of(current, old));
        SigningKeys keys = open();
        assertThat(written(keys)).containsExactly(current, old, keys.publicKeys().getFirst());
    }

    @Test
    void theGatewaysOwnKeyIsMadeOnceAndKept() {
        List<String> first = open().publicKeys();
        assertThat(open().publicKeys()).isEqualTo(first).hasSize(1);
        kept = secret();
        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(SigningKeys.NAME);
    }

    @Test
    void whatAnotherProcessRotatedSignsAfterThreeSecondsAndNotBefore() {
        String old = secret();
        secrets.put(SHOP, List.of(old));
        SigningKeys keys = open();
        assertThat(written(keys)).startsWith(old);
        String current = secret();
        secrets.put(SHOP, List.of(current, old));
        now = now.plus(SigningKeys.REMEMBERED).minusNanos(1);
        assertThat(written(keys)).startsWith(old);
        now = now.plusNanos(1);
        assertThat(written(keys)).startsWith(current, old);
    }

    @Test
    void aRotationInThisProcessIsInForceAtOnce() {
        String old = secret();
        secrets.put(SHOP, List.of(old));
        SigningKeys keys = open();
        assertThat(written(keys)).startsWith(old);
        List<String> rotated = keys.rotate(SHOP, Duration.ofDays(1));
        assertThat(rotated).hasSize(2).endsWith(old);
        assertThat(written(keys)).startsWith(rotated.getFirst(), old);
    }

    @Test
    void whoeverAsksWhileSecretsAreReadGetsThemToo() {
        secrets.put(SHOP, List.of(secret()));
        SigningKeys keys = open();
        CompletableFuture<List<SigningKey>> first = keys.of(SHOP).toCompletableFuture();
        CompletableFuture<List<SigningKey>> second = keys.of(SHOP).toCompletableFuture();
        assertThat(first).as("nobody blocks").isNotDone();
        assertThat(reading).hasSize(1);
        reading.remove().run();
        assertThat(second).isCompletedWithValue(first.join());
    }

    @Test
    void aStoreThatFailsIsAskedAgainByTheNextOne() {
        String secret = secret();
        secrets.put(SHOP, List.of(secret));
        SigningKeys keys = open();
        fails = true;
        CompletableFuture<List<SigningKey>> failed = keys.of(SHOP).toCompletableFuture();
        reading.remove().run();
        assertThat(failed).isCompletedExceptionally();
        fails = false;
        assertThat(written(keys)).startsWith(secret);
    }

    @Test
    void noMoreClientsAreRememberedThanItsMost() {
        SigningKeys keys = open();
        for (int client = 1; client <= SigningKeys.MAX_CLIENTS; client++) {
            secrets.put(client, List.of(secret()));
            var _ = keys.of(client);
            reading.remove().run();
        }
        assertThat(isRemembered(keys, 1)).isTrue();
        int more = SigningKeys.MAX_CLIENTS + 1;
        secrets.put(more, List.of(secret()));
        assertThat(isRemembered(keys, more)).isFalse();
        assertThat(isRemembered(keys, 1)).as("all are read anew").isFalse();
    }

    private boolean isRemembered(SigningKeys keys, int client) {
        boolean known = keys.of(client).toCompletableFuture().isDone();
        reading.forEach(Runnable::run);
        reading.clear();
        return known;
    }

    /** What is signed with now, as it is written. */
    private List<String> written(SigningKeys keys) {
        CompletableFuture<List<SigningKey>> asked = keys.of(SHOP).toCompletableFuture();
        reading.forEach(Runnable::run);
        reading.clear();
        return asked.join().stream()
                .map(
                        key ->
                                switch (key) {
                                    case SigningKey.Hmac secret -> secret.secretText();
                                    case SigningKey.Ed25519 pair -> pair.publicText();
                                })
                .toList();
    }

    private static String secret() {
        return SigningKey.Hmac.create(RANDOM).secretText();
    }

    private SigningKeys open() {
        return SigningKeys.open(clients(), reading::add, () -> now, RANDOM);
    }

    /** A store's clients as far as signatures know them. */
    private Clients clients() {
        return (Clients)
                Proxy.newProxyInstance(
                        Clients.class.getClassLoader(),
                        new Class<?>[] {Clients.class},
                        (_, method, arguments) ->
                                switch (method.getName()) {
                                    case "secret" -> Optional.ofNullable(kept);
                                    case "keepSecret" -> keep((String) arguments[1]);
                                    case "webhookSecrets" -> read((int) arguments[0]);
                                    case "rotateWebhookSecret" -> rotated((int) arguments[0]);
                                    default -> throw new AssertionError(method);
                                });
    }

    private String keep(String secret) {
        kept = secret;
        return secret;
    }

    private List<String> read(int client) {
        if (fails) {
            throw new StoreUnavailable("as told", null);
        }
        return secrets.getOrDefault(client, List.of());
    }

    private List<String> rotated(int client) {
        List<String> all = new ArrayList<>(read(client));
        all.addFirst(secret());
        secrets.put(client, all);
        return all;
    }
}
