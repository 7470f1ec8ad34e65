package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.Breaker;
import dev.holdfast.request.Result;
import dev.holdfast.store.Deliveries.DeliveryRecord;
import dev.holdfast.store.Deliveries.State;
import dev.holdfast.store.Ending;
import dev.holdfast.webhook.VirtualReceivers.Post;
import dev.holdfast.webhook.Webhooks.Told;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeliveryDispatcherTest {
    private static final String HOOK = "https://shop.example/hook?a=1";
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir Path folder;
    private DeliveryWorld world;

    @BeforeEach
    void begin() {
        world = new DeliveryWorld(folder.resolve("store.db"), Schedule.DEFAULT);
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void aResultIsOnTheWireAtOnceAndSigned() {
        world.succeed("m", HOOK);
        world.time.run(SOON);

        assertThat(world.receivers.posts).hasSize(1);
        Post post = world.receivers.posts.getFirst();
        DeliveryRecord delivery = only();
        assertThat(delivery.state()).isEqualTo(State.DELIVERED);
        assertThat(post.id()).isEqualTo("msg_" + delivery.id());
        assertThat(post.headers()).containsEntry("x-shop", "1");
        assertThat(post.text())
                .startsWith("{\"type\":\"request.succeeded\",\"timestamp\":\"2026-01-01T00:00:0")
                .contains("\"data\":{\"id\":\"" + delivery.request() + "\"")
                .contains("\"params\":{\"message\":\"m\"}", "\"result\":{\"signature\":\"signature")
                .endsWith("}}");
        assertThat(signatures(post)).hasSize(2);
        assertThat(world.dispatcher.metrics().delivered()).isEqualTo(1);
        assertThat(world.dispatcher.metrics().pending()).isZero();
        assertThat(world.dispatcher.metrics().inHand()).isZero();
        assertThat(world.dispatcher.metrics().underWay()).isZero();
        assertThat(world.dispatcher.metrics().resultToWireTotal()).isLessThan(SOON);
    }

    @Test
    void whateverIsThrownForOneItTakesNoOtherAlongAndIsTriedAgain() {
        int count = 2 * Breaker.MAX_AT_ONCE;
        world.keysThrow = true;
        for (int i = 0; i < count; i++) {
            world.succeed("m" + i, HOOK);
        }
        world.time.run(SOON);
        assertThat(world.receivers.posts).isEmpty();
        assertThat(world.keysThrown).isEqualTo(count);
        assertThat(world.dispatcher.metrics().underWay()).as("places taken").isZero();
        world.keysThrow = false;
        world.time.run(DeliveryDispatcher.KEYS_AGAIN.plus(SOON));
        assertThat(world.receivers.posts).hasSize(count);
        assertThat(world.dispatcher.metrics().inHand()).isZero();
    }

    @Test
    void whoseKeysCannotBeReadIsToldWhenTheyCan() {
        world.keysFail = true;
        world.succeed("m", HOOK);
        world.time.run(SOON);
        assertThat(world.receivers.posts).isEmpty();
        assertThat(world.dispatcher.metrics().underWay()).as("places taken").isZero();
        world.keysFail = false;
        world.time.run(DeliveryDispatcher.KEYS_AGAIN.plus(SOON));
        assertThat(world.receivers.posts).hasSize(1);
        assertThat(only().attempts()).isEqualTo(1);
    }

    @Test
    void whatCannotBeGivenBackIsToldWhenItsLeaseEnds() {
        world.keysFail = true;
        world.succeed("m", HOOK);
        world.diskFails(true);
        world.time.run(Duration.ofSeconds(1));
        assertThat(world.diskFailures).isPositive();
        assertThat(world.dispatcher.metrics().storeFailures()).isPositive();
        assertThat(world.dispatcher.metrics().inHand()).isZero();
        world.diskFails(false);
        world.keysFail = false;
        world.time.run(DeliveryWorld.LEASE.plus(SOON));
        assertThat(world.receivers.posts).hasSize(1);
        assertThat(only().state()).isEqualTo(State.DELIVERED);
    }

    @Test
    void whatHasNoUrlThatCanBeReadEndsAndIsTriedNoMore() {
        world.succeed("m", "https://shop example/");
        world.time.run(HOUR);
        assertThat(only().state()).isEqualTo(State.ENDED);
        assertThat(only().lastError()).isEqualTo("the URL cannot be read");
        assertThat(world.dispatcher.metrics().inHand()).isZero();
    }

    @Test
    void ofARequestThatWasQueuedAnewNothingIsToldUntilItEndsAgain() {
        world.receivers.host("shop.example", post -> VirtualReceivers.status(500, null));
        world.fail("m", HOOK);
        world.time.run(SOON);
        assertThat(world.receivers.posts).hasSize(1);
        var anew = world.store.retry(DeliveryWorld.ADMIN, only().request());
        assertThat(world.await(anew).what()).isEqualTo(Ending.What.DONE);
        world.receivers.host("shop.example", post -> VirtualReceivers.ok());
        world.time.run(HOUR);
        assertThat(world.receivers.posts).as("of its failure").hasSize(1);

        world.callSucceeds();
        world.time.run(SOON);

        assertThat(world.receivers.posts).hasSize(2);
        assertThat(world.receivers.posts.getLast().text()).contains("request.succeeded");
        assertThat(world.deliveries())
                .extracting(DeliveryRecord::state)
                .containsExactlyInAnyOrder(State.ENDED, State.DELIVERED);
    }

    @Test
    void whatHangsForOneClientHoldsUpNobodyElseOnTheSameHost() {
        world.receivers.host(
                "shop.example",
                post ->
                        post.text().contains("\"message\":\"slow\"")
                                ? VirtualReceivers.hang()
                                : VirtualReceivers.ok());
        world.succeed("slow", HOOK);
        world.askAgain("slow", HOOK, 60);
        world.succeedFor(2, "fast", "https://shop.example/other");
        world.time.run(Duration.ofSeconds(1));

        assertThat(world.receivers.to("shop.example"))
                .filteredOn(post -> post.text().contains("\"message\":\"fast\""))
                .hasSize(1);
        assertThat(world.receivers.mostUnderWay.get("shop.example"))
                .isLessThanOrEqualTo(Breaker.MAX_AT_ONCE + 1);
    }

    @Test
    void largeResultsWaitInTheStoreForAReceiverThatIsSlow() {
        int count = 40;
        int fit = (int) (DeliveryBook.MAX_CHARS_OF_CLIENT / Result.MAX_BODY_BYTES);
        world.receivers.host("shop.example", _ -> VirtualReceivers.hang());
        world.result = "r".repeat(Result.MAX_BODY_BYTES);
        world.succeed("large", HOOK);
        world.askAgain("large", HOOK, count - 1);
        for (int i = 0; i < 20; i++) {
            world.time.run(Duration.ofMillis(100));
            assertThat(world.dispatcher.metrics().inHand()).isBetween(1, fit);
        }
        world.result = "signature";
        world.succeedFor(2, "small", "https://other.example/hook");
        world.time.run(SOON);
        assertThat(world.receivers.to("other.example")).hasSize(1);

        world.receivers.host("shop.example", _ -> VirtualReceivers.ok());
        world.time.run(Duration.ofHours(1));
        assertThat(world.deliveries()).hasSize(count + 1);
        assertThat(world.deliveries()).allMatch(each -> each.state() == State.DELIVERED);
    }

    @Test
    void whatWasDeliveredMakesRoomAgainAndNoMoreThanItTook() {
        int fit = (int) (DeliveryBook.MAX_CHARS_OF_CLIENT / Result.MAX_BODY_BYTES);
        world.receivers.host("slow.example", _ -> VirtualReceivers.hang());
        world.result = "r".repeat(Result.MAX_BODY_BYTES);
        world.succeed("large", "https://slow.example/");
        for (int i = 0; i < 2 * fit; i++) {
            world.askAgain("large", HOOK, 1);
            world.time.run(SOON);
            assertThat(world.receivers.to("shop.example")).hasSize(i + 1);
        }
        assertThat(world.dispatcher.metrics().postponed()).as("there was room for each").isZero();

        world.askAgain("large", "https://slow.example/", 2 * fit);
        world.time.run(SOON);
        assertThat(world.dispatcher.metrics().inHand()).isEqualTo(fit);
    }

    @Test
    void largeResultsOfManyClientsWaitInTheStoreForReceiversThatAreSlow() {
        int fit = (int) (DeliveryBook.MAX_CHARS_IN_HAND / Result.MAX_BODY_BYTES);
        world.result = "r".repeat(Result.MAX_BODY_BYTES);
        for (int client = 1; client <= 2 * fit; client++) {
            String host = "shop" + client + ".example";
            world.receivers.host(host, _ -> VirtualReceivers.hang());
            world.succeedFor(client, "large" + client, "https://" + host + "/");
        }
        world.time.run(SOON);
        assertThat(world.dispatcher.metrics().inHand()).isEqualTo(fit);
    }

    @Test
    void whatIsInHandIsNotSentAgainWhenItsLeaseEnds() {
        Duration answered = DeliveryWorld.LEASE.multipliedBy(2);
        world.receivers.host(
                "shop.example",
                post -> new VirtualReceivers.Answer(VirtualReceivers.ok().told(), answered));
        world.succeed("m", HOOK);
        world.time.run(answered.plus(DeliveryWorld.LEASE));
        assertThat(world.receivers.posts).hasSize(1);
        assertThat(only().state()).isEqualTo(State.DELIVERED);
        assertThat(only().attempts()).isEqualTo(1);
    }

    @Test
    void whatWaitsForAPlaceIsNotGivenBackToo() {
        int count = 4 * Breaker.MAX_AT_ONCE;
        world.succeed("m", HOOK);
        world.askAgain("m", HOOK, count - 1);
        world.time.run(Duration.ofSeconds(1));
        assertThat(world.receivers.posts).hasSize(count);
        assertThat(world.dispatcher.metrics().postponed()).isZero();
    }

    @Test
    void aHostThatManyShareTakesSoManyAtOnceAndAllInTurn() {
        world.receivers.host("shop.example", _ -> VirtualReceivers.hang());
        int clients = 2 * HostPlaces.MAX_AT_ONCE;
        for (int client = 1; client <= clients; client++) {
            world.succeedFor(client, "m" + client, HOOK);
            world.askAgain("m" + client, HOOK, Breaker.MAX_AT_ONCE);
        }
        world.time.run(VirtualReceivers.TIMEOUT.multipliedBy(20));

        assertThat(world.receivers.mostUnderWay)
                .containsEntry("shop.example", HostPlaces.MAX_AT_ONCE);
        for (int client = 1; client <= clients; client++) {
            String message = "\"message\":\"m" + client + "\"";
            assertThat(world.receivers.to("shop.example"))
                    .as(message)
                    .anyMatch(post -> post.text().contains(message));
        }
    }

    @Test
    void aReceiverThatIsDownForAnHourGetsEverythingOncePerReceipt() {
        Map<String, Integer> accepted = new HashMap<>();
        int[] refused = new int[1];
        world.receivers.host(
                "shop.example",
                post -> {
                    if (post.at().compareTo(HOUR) < 0) {
                        refused[0]++;
                        return VirtualReceivers.refused();
                    }
                    accepted.merge(post.id(), 1, Integer::sum);
                    return VirtualReceivers.ok();
                });
        world.succeed("m", HOOK);
        world.askAgain("m", HOOK, 999);

        world.time.run(HOUR);
        assertThat(refused[0]).isBetween(Breaker.FAILURES_TO_OPEN, 60);
        assertThat(accepted).isEmpty();
        world.time.run(Duration.ofHours(5));

        assertThat(accepted).hasSize(1_000);
        assertThat(accepted.values()).containsOnly(1);
        assertThat(world.store.deliveries().pending()).isZero();
        assertThat(world.dispatcher.metrics().delivered()).isEqualTo(1_000);
        assertThat(world.receivers.mostUnderWay).containsEntry("shop.example", 4);
    }

    @Test
    void deliveriesToAHostThatIsDownWaitWithoutCountingTries() {
        world.receivers.host("shop.example", post -> VirtualReceivers.refused());
        world.succeed("m", HOOK);
        world.askAgain("m", HOOK, 99);
        world.time.run(Duration.ofSeconds(4));

        int tries = world.deliveries().stream().mapToInt(DeliveryRecord::attempts).sum();
        assertThat(tries).isEqualTo(world.receivers.posts.size()).isLessThan(10);
        assertThat(world.dispatcher.metrics().postponed()).isGreaterThan(90);
        assertThat(world.dispatcher.metrics().inHand()).isZero();
    }

    @Test
    void aHostThatHangsDoesNotSlowAnother() {
        world.receivers.host("slow.example", post -> VirtualReceivers.hang());
        world.succeed("m", "https://slow.example/");
        world.askAgain("m", "https://slow.example/", 5_000);
        List<Duration> delays = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            world.askAgain("m", "https://quick.example/", 1);
            Duration asked = world.time.elapsed();
            world.time.run(Duration.ofSeconds(1));
            assertThat(world.receivers.to("quick.example")).hasSize(i + 1);
            delays.add(world.receivers.to("quick.example").getLast().at().minus(asked));
        }

        assertThat(delays).allMatch(delay -> delay.compareTo(Duration.ofMillis(500)) < 0);
        assertThat(world.receivers.to("slow.example")).hasSizeGreaterThan(4);
        assertThat(world.receivers.mostUnderWay).containsEntry("slow.example", 4);
        assertThat(world.dispatcher.metrics().inHand()).isLessThan(DeliveryDispatcher.MAX_CLAIM);
    }

    @Test
    void aHostThatWasSlowForAMomentGetsItsBacklogSoon() {
        int[] slow = new int[1];
        world.receivers.host(
                "shop.example",
                post -> {
                    if (world.receivers.posts.size() > 8) {
                        return VirtualReceivers.ok();
                    }
                    slow[0]++;
                    return new VirtualReceivers.Answer(
                            VirtualReceivers.ok().told(), Duration.ofSeconds(2));
                });
        world.succeed("m", HOOK);
        world.askAgain("m", HOOK, 2_999);
        world.time.run(Duration.ofSeconds(20));

        assertThat(slow[0]).isEqualTo(8);
        assertThat(world.dispatcher.metrics().postponed()).isPositive();
        assertThat(world.dispatcher.metrics().delivered()).isEqualTo(3_000);
        assertThat(world.receivers.posts).hasSize(3_000);
    }

    @Test
    void goneEndsTheDelivery() {
        world.receivers.host("shop.example", post -> VirtualReceivers.gone());
        world.succeed("m", HOOK);
        world.time.run(Duration.ofDays(4));

        assertThat(world.receivers.posts).hasSize(1);
        assertThat(only().state()).isEqualTo(State.ENDED);
        assertThat(only().lastStatus()).isEqualTo(410);
        assertThat(only().lastError()).contains("wants no more");
    }

    @Test
    void aForbiddenAddressEndsTheDelivery() {
        world.receivers.host(
                "shop.example",
                post ->
                        new VirtualReceivers.Answer(
                                new Told.Forbidden("a private address"), Duration.ZERO));
        world.succeed("m", HOOK);
        world.time.run(Duration.ofDays(4));

        assertThat(world.receivers.posts).hasSize(1);
        assertThat(only().state()).isEqualTo(State.ENDED);
        assertThat(only().lastError()).isEqualTo("a private address");
    }

    @Test
    void retryAfterIsHonoured() {
        Duration asked = Duration.ofSeconds(90);
        world.receivers.host(
                "shop.example",
                post ->
                        world.receivers.posts.size() == 1
                                ? VirtualReceivers.status(429, asked)
                                : VirtualReceivers.ok());
        world.succeed("m", HOOK);
        world.time.run(HOUR);

        assertThat(world.receivers.posts).hasSize(2);
        Duration waited =
                world.receivers.posts.get(1).at().minus(world.receivers.posts.get(0).at());
        assertThat(waited).isBetween(asked, asked.plusSeconds(1));
        assertThat(only().state()).isEqualTo(State.DELIVERED);
    }

    @Test
    void everyTryIsTheSameUntilTheScheduleIsExhausted() {
        world.receivers.host("shop.example", post -> VirtualReceivers.status(500, null));
        world.succeed("m", HOOK);
        world.time.run(Duration.ofDays(5));

        List<Post> posts = world.receivers.posts;
        assertThat(posts).hasSize(Schedule.DEFAULT.delays().size());
        assertThat(posts).extracting(Post::id).containsOnly("msg_" + only().id());
        assertThat(posts).extracting(Post::text).containsOnly(posts.getFirst().text());
        assertThat(only().state()).isEqualTo(State.FAILED);
        assertThat(only().lastError()).isEqualTo("answered 500");
        assertThat(world.dispatcher.metrics().failed()).isEqualTo(1);
        assertThat(world.dispatcher.metrics().retried()).isEqualTo(posts.size() - 1);
    }

    @Test
    void whatAKilledProcessHadUnderWayIsSentAgainWithTheSameId() {
        world.receivers.host("shop.example", post -> VirtualReceivers.hang());
        world.succeed("m", HOOK);
        world.time.run(Duration.ofSeconds(1));
        assertThat(world.dispatcher.metrics().underWay()).isEqualTo(1);
        world.receivers.host("shop.example", post -> VirtualReceivers.ok());

        world.crash();
        world.time.run(DeliveryWorld.LEASE.multipliedBy(2));

        assertThat(world.receivers.posts).hasSize(2);
        assertThat(world.receivers.posts).extracting(Post::id).containsOnly("msg_" + only().id());
        assertThat(only().state()).isEqualTo(State.DELIVERED);
        assertThat(only().attempts()).isEqualTo(1);
    }

    @Test
    void anOutcomeThatTheStoreDoesNotTakeIsWrittenLater() {
        world.receivers.host(
                "shop.example",
                post -> {
                    world.diskFails(true);
                    return VirtualReceivers.ok();
                });
        world.succeed("m", HOOK);
        world.time.run(Duration.ofSeconds(90));
        assertThat(world.diskFailures).isPositive();
        assertThat(only().state()).isEqualTo(State.PENDING);
        assertThat(world.dispatcher.metrics().storeFailures()).isPositive();

        world.diskFails(false);
        world.time.run(Duration.ofSeconds(5));

        assertThat(only().state()).isEqualTo(State.DELIVERED);
        assertThat(world.receivers.posts).hasSize(1);
        assertThat(world.dispatcher.metrics().inHand()).isZero();
    }

    @Test
    void aRotationSignsWithBothSecretsAtOnceAndWithTheNewOneAfterADay() {
        world.succeed("m", HOOK);
        world.time.run(SOON);
        String old = world.store.clients().webhookSecrets(DeliveryWorld.SHOP).getFirst();

        List<String> both = world.keys.rotate(DeliveryWorld.SHOP, Duration.ofHours(24));
        world.askAgain("m", HOOK, 1);
        world.time.run(SOON);
        world.time.run(Duration.ofHours(25));
        world.askAgain("m", HOOK, 1);
        world.time.run(SOON);

        List<Post> posts = world.receivers.posts;
        assertThat(posts).hasSize(3);
        assertThat(both).hasSize(2).endsWith(old);
        assertSigned(posts.get(0), List.of(old));
        assertSigned(posts.get(1), both);
        assertSigned(posts.get(2), List.of(both.getFirst()));
    }

    @Test
    void aDeliveryThatIsAskedForAgainGoesAtOnceWithTheSameId() {
        world.receivers.host("shop.example", post -> VirtualReceivers.gone());
        world.succeed("m", HOOK);
        world.time.run(SOON);
        world.receivers.host("shop.example", post -> VirtualReceivers.ok());

        var asked = world.store.deliveries().redeliver(DeliveryWorld.ADMIN, only().id());
        assertThat(world.await(asked)).isTrue();
        world.time.run(SOON);

        assertThat(world.receivers.posts).hasSize(2);
        assertThat(world.receivers.posts).extracting(Post::id).containsOnly("msg_" + only().id());
        assertThat(only().state()).isEqualTo(State.DELIVERED);
    }

    @Test
    void aTestIsSignedAndLeavesNoTrace() {
        Told told = world.await(world.dispatcher.test(DeliveryWorld.SHOP, URI.create(HOOK)));

        assertThat(told).isInstanceOf(Told.Delivered.class);
        Post post = world.receivers.posts.getFirst();
        assertThat(post.text()).startsWith("{\"type\":\"test\",\"timestamp\":\"2026-");
        assertSigned(post, world.store.clients().webhookSecrets(DeliveryWorld.SHOP));
        assertThat(world.deliveries()).isEmpty();
    }

    @Test
    void aFirstDelayOfTheScheduleIsWaitedFor() {
        world.close();
        Duration first = Duration.ofSeconds(10);
        world = new DeliveryWorld(folder.resolve("other.db"), new Schedule(List.of(first), 0));
        world.succeed("m", HOOK);
        world.time.run(first.minusSeconds(1));
        assertThat(world.receivers.posts).isEmpty();

        world.time.run(Duration.ofSeconds(2));

        assertThat(world.receivers.posts).hasSize(1);
    }

    @Test
    void whoHasNothingInHandStopsAtOnce() {
        var stopped = world.dispatcher.stop().toCompletableFuture();
        world.time.run(SOON);
        assertThat(stopped).isDone();
    }

    @Test
    void whoHasGivenBackTheLastThatWasInHandStops() {
        world.keysThrow = true;
        world.succeed("m", HOOK);
        while (world.keysThrown == 0) {
            world.time.run(Duration.ofNanos(100_000));
        }
        assertThat(world.dispatcher.metrics().inHand()).isOne();
        var stopped = world.dispatcher.stop().toCompletableFuture();
        world.time.run(SOON);
        assertThat(stopped).isDone();
    }

    @Test
    void stoppingGivesBackWhatWaits() {
        world.receivers.host("shop.example", post -> VirtualReceivers.hang());
        world.succeed("m", HOOK);
        world.askAgain("m", HOOK, 9);
        world.time.run(SOON);
        assertThat(world.receivers.posts).hasSize(Breaker.MAX_AT_ONCE);

        var stopped = world.dispatcher.stop().toCompletableFuture();
        world.time.run(SOON);
        assertThat(stopped).isNotDone();
        world.time.run(VirtualReceivers.TIMEOUT);
        assertThat(stopped).isDone();

        world.receivers.host("shop.example", post -> VirtualReceivers.ok());
        world.crash();
        world.time.run(SOON);
        assertThat(world.dispatcher.metrics().delivered()).isEqualTo(6);
    }

    private DeliveryRecord only() {
        List<DeliveryRecord> all = world.deliveries();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    private static List<String> signatures(Post post) {
        return List.of(post.headers().get(Signer.SIGNATURE).split(" ", -1));
    }

    /** Signed by these secrets, in their order, and then by the gateway's key. */
    private void assertSigned(Post post, List<String> secrets) {
        List<SigningKey> keys = new ArrayList<>();
        secrets.forEach(secret -> keys.add(SigningKey.parse(secret)));
        byte[] prefix =
                (post.id() + "." + post.headers().get(Signer.TIMESTAMP) + ".")
                        .getBytes(StandardCharsets.UTF_8);
        byte[] body = post.text().getBytes(StandardCharsets.UTF_8);
        List<String> signatures = signatures(post);
        assertThat(signatures).hasSize(secrets.size() + 1);
        assertThat(signatures.subList(0, secrets.size()))
                .isEqualTo(keys.stream().map(key -> key.sign(prefix, body)).toList());
        assertThat(signatures.getLast()).startsWith("v1a,");
    }
}
